// PromQL is put together here and nowhere else. A query context knows which series to select, over
// which window, and by which labels everything stays grouped; a signal asks it and stays free of all three.
local duration = import 'duration.libsonnet';
local number = import 'number.libsonnet';

local matchers(parts) = std.join(',', [part for part in parts if part != '']);

local grouped(operator, labels, expression) =
  operator + (if labels == [] then '' else ' by (' + std.join(', ', labels) + ') ') + '(' + expression + ')';

// `le` as the text formats write it: "1" before Prometheus 3, "1.0" since and from Python.
local bucket(le) =
  local text = number(le);
  if le == std.floor(le) then 'le=~"' + text + '|' + text + '[.]0"' else 'le="' + text + '"';

local context(config, selector, others, window, by) = {
  local q = self,

  config:: config,
  selector:: selector,
  window:: window,
  by:: by,

  // The same context over the whole time range of a dashboard, for another set of series, or grouped by more labels.
  // Over the range, counts are what a reader wants, and a quantile is the same from counts as from rates.
  wholeRange:: q { window:: '$__range', change:: 'increase' },
  change:: 'rate',
  each(labels):: q { by:: q.by + labels },
  postgres:: q { selector:: others.postgres },
  node:: q { selector:: others.node },
  redis:: q { selector:: others.redis },
  observe:: q { selector:: others.observe },
  // What recording rules made: for the whole job, no longer per instance.
  recorded:: q { selector:: others.recorded },

  series(metric, where='')::
    metric + '{' + (if where == '' then q.selector else q.selector + ',' + where) + '}',
  range(metric, where='', window=q.window):: q.series(metric, where) + '[' + window + ']',

  rate(metric, where=''):: 'rate(' + q.range(metric, where) + ')',
  increase(metric, where=''):: 'increase(' + q.range(metric, where) + ')',

  aggregate(operator, expression, by=[]):: grouped(operator, q.by + by, expression),
  sum(metric, by=[], where=''):: q.aggregate('sum', q.series(metric, where), by),
  max(metric, by=[], where=''):: q.aggregate('max', q.series(metric, where), by),
  min(metric, by=[], where=''):: q.aggregate('min', q.series(metric, where), by),
  sumRate(metric, by=[], where=''):: q.aggregate('sum', q.rate(metric, where), by),
  sumIncrease(metric, by=[], where=''):: q.aggregate('sum', q.increase(metric, where), by),

  // Of counters of one database, which every replica shows: adding the replicas up would count each event more than once,
  // and one that takes over from another goes on where it was. What the replica that goes showed last counts until the
  // others have read it too; else the counters would seem to go back. `apart` are the labels that tell them apart.
  sharedIncrease(metric, apart, where='')::
    local shown = 'max_over_time(' + q.range(metric, where, duration.window(config, 120)) + ')';
    local counters = q.aggregate('max', shown, apart);
    q.aggregate('sum', 'increase((' + counters + ')[' + q.window + ':' + duration.text(config, config.scrapeInterval) + '])'),

  sumChange(metric, by=[], where=''):: q.aggregate('sum', q.change + '(' + q.range(metric, where) + ')', by),

  top(count, expression):: 'topk(' + number(count) + ', ' + expression + ')',

  // Part of a whole, 0 to 1; no value where there is no whole, so that 0/0 never becomes NaN.
  share(part, whole):: part + ' / (' + whole + ' > 0)',
  // The same where the part may have no series yet: nothing failed, so 0 of the whole.
  shareOrZero(part, whole):: '(' + part + ' or ' + whole + ' * 0) / (' + whole + ' > 0)',
  // Each of many parts of one whole.
  shareOfAll(parts, whole):: parts + ' / on () group_left () (' + whole + ' > 0)',
  orZero(part, whole):: part + ' or ' + whole + ' * 0',

  // Classic buckets, native histograms, or whichever of the two is there.
  local either(classic, native) =
    if config.nativeHistograms == 'classic' then classic
    else if config.nativeHistograms == 'native' then native
    else '(' + native + ' or ' + classic + ')',

  quantile(quantile, histogram, by=[], where=''):: either(
    'histogram_quantile(' + number(quantile) + ', ' + q.sumChange(histogram + '_bucket', ['le'] + by, where) + ')',
    'histogram_quantile(' + number(quantile) + ', ' + q.sumChange(histogram, by, where) + ')',
  ),

  // Observations and their sum per second.
  countRate(histogram, by=[], where=''):: either(
    q.sumRate(histogram + '_count', by, where),
    'histogram_count(' + q.sumRate(histogram, by, where) + ')',
  ),
  totalRate(histogram, by=[], where=''):: either(
    q.sumRate(histogram + '_sum', by, where),
    'histogram_sum(' + q.sumRate(histogram, by, where) + ')',
  ),
  average(histogram, by=[], where=''):: either(
    q.share(q.sumChange(histogram + '_sum', by, where), q.sumChange(histogram + '_count', by, where)),
    'histogram_sum(' + q.sumChange(histogram, by, where) + ') / (histogram_count(' + q.sumChange(histogram, by, where) + ') > 0)',
  ),

  // Observations per second at most `le`, and above it; `le` must be a bucket's bound.
  belowRate(le, histogram, by=[], where=''):: either(
    q.sumRate(histogram + '_bucket', by, matchers([bucket(le), where])),
    'histogram_fraction(0, ' + number(le) + ', ' + q.sumRate(histogram, by, where) + ') * histogram_count(' + q.sumRate(histogram, by, where) + ')',
  ),
  fractionBelow(le, histogram, by=[], where=''):: either(
    q.share(q.sumRate(histogram + '_bucket', by, matchers([bucket(le), where])), q.sumRate(histogram + '_count', by, where)),
    'histogram_fraction(0, ' + number(le) + ', ' + q.sumRate(histogram, by, where) + ')',
  ),
  fractionAbove(le, histogram, by=[], where=''):: '1 - (' + q.fractionBelow(le, histogram, by, where) + ')',

  // One series a bucket (or one native histogram), for a heat map.
  buckets(histogram, where=''):: either(
    q.sumIncrease(histogram + '_bucket', ['le'], where),
    q.sumIncrease(histogram, [], where),
  ),
};

{
  matchers:: matchers,

  // What a dashboard asks: the viewer's choice of variables, the window that fits the zoom.
  dashboard(config)::
    local scope = [label + '=~"$' + label + '"' for label in config.scopeLabels];
    local job = matchers(scope + ['job=~"$job"']);
    local own = matchers([job, config.instanceLabel + '=~"$instance"']);
    local exporter(selector) = matchers([selector] + scope);
    context(config, own, {
      postgres: exporter(config.postgresSelector),
      node: exporter(config.nodeSelector),
      redis: exporter(config.redisSelector),
      observe: exporter(config.observeSelector),
      recorded: job,
    }, '$__rate_interval', []),

  // What a rule asks: the configured series, a fixed window in seconds, grouped so that alerts keep their labels.
  rule(config, window):: context(config, config.fraiseqlSelector, {
    postgres: config.postgresSelector,
    node: config.nodeSelector,
    redis: config.redisSelector,
    observe: config.observeSelector,
    recorded: config.fraiseqlSelector,
  }, duration.window(config, window), config.groupLabels),
}
