// Signs of an attack: guessed passwords, costly documents, refused reads.
local alert = import '../lib/alert.libsonnet';
local duration = import '../lib/duration.libsonnet';
local number = import '../lib/number.libsonnet';
local query = import '../lib/query.libsonnet';

function(config, signals) alert.group(config, 'security', [
  alert.new('HighFailedAuthAttempts', 'compliance', 'Many log-ins fail.') {
    expression(at):: alert.given(signals.security.failedLogins, at.q, function(failures) failures + ' > ' + at.threshold),
    description(at):: '{{ $value | printf "%.0f" }} log-ins to ' + at.job + ' failed in the last ' + at.window + ' (threshold ' + at.threshold + ').',
  },

  alert.new('SuspiciousQueryPattern', 'operations', 'Unusually complex operations arrive.') {
    // Operations above the complexity, and documents that were too large to be analysed at all.
    expression(at)::
      alert.given(signals.graphql.complexityAbove(at.settings.complexity), at.q, function(complex)
        local oversized = at.q.orZero(signals.errors.oversized.asRule(at.q), '(' + complex + ')');
        '((' + complex + ') + (' + oversized + ')) * ' + number(duration.scaled(config, at.settings.window)) + ' > ' + at.threshold),
    description(at):: '{{ $value | printf "%.0f" }} operations of ' + at.job + ' in the last ' + at.window + ' asked for more than ' +
                      number(at.settings.complexity) + ' fields or were too large to analyse (threshold ' + at.threshold + ').',
  },

  alert.new('UnauthorizedDataAccess', 'compliance', 'Far more access is denied than usual.') {
    // As a share of the operations, so that neither more traffic nor a short history looks like a spike.
    expression(at)::
      local long = query.rule(config, at.settings.baseline);
      local perOperation(q) = signals.security.denied.asRule(q) + ' / ' + signals.graphql.operationRate.asRule(q);
      local part = number(at.settings.factor) + ' * ' + number(at.settings.window) + ' / ' + number(at.settings.baseline);
      alert.given(signals.security.denied, at.q, function(denied)
        denied + ' > ' + at.threshold + ' and ' + perOperation(at.q) + ' > ' + part + ' * ' + perOperation(long)),
    description(at):: '{{ $value | printf "%.0f" }} reads or writes were denied by ' + at.job + ' in the last ' + at.window + ': more than ' + at.threshold +
                      ', and more than ' + number(at.settings.factor) + ' times the share that is usual there.',
  },
])
