// Recording rules: named level:metric:operations, where the level is the list of labels that the rule keeps.
local duration = import 'duration.libsonnet';
local query = import 'query.libsonnet';

// Seconds of the short window that every rate is recorded over; longer windows average its records.
local short = 5 * 60;

{
  short:: short,

  // A window's part of a record's name: as configured, so that a variant with scaled times keeps the names.
  nominal(config, seconds):: duration.text({ timeScale: 1 }, std.max(seconds, 4 * config.scrapeInterval)),

  // 'job:fraiseql_graphql_operations:rate5m'; with `labels`, 'job_operation_type:…'.
  name(config, metric, operation, window=short, labels=[])::
    std.join('_', config.groupLabels + labels) + ':' + metric + ':' + operation + self.nominal(config, window),

  // The same for what has no window of its own.
  plainName(config, metric, operation, labels=[])::
    std.join('_', config.groupLabels + labels) + ':' + metric + ':' + operation,

  rule(name, expression):: { record: name, expr: expression },

  // The query context over the short window.
  query(config):: query.rule(config, short),

  // A long window made from the records of a short one: a tenth of a percent of the work of a rate over days.
  over(config, record, seconds):: 'avg_over_time(' + record + '[' + duration.window(config, seconds) + '])',

  // Rules that feed each other, in one group, in order.
  group(config, name, rules):: {
    name: 'fraiseql-' + name,
    interval: duration.text(config, config.evaluationInterval),
    rules: rules,
  },
}
