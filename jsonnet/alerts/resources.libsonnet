// The machines and the database's size.
local alert = import '../lib/alert.libsonnet';
local duration = import '../lib/duration.libsonnet';
local number = import '../lib/number.libsonnet';

function(config, signals) alert.group(config, 'resources', [
  alert.new('HighMemoryUsage', 'database', 'A machine runs out of memory.') + alert.ofExporter {
    expression(at):: alert.highest(at, signals.resources.memory.asRule(at.q)) + ' > ' + at.threshold,
    description(at):: '{{ $value | humanizePercentage }} of the memory of ' + at.machine + ' is in use (threshold ' + at.percent + ').',
  },

  alert.new('HighCPUUsage', 'database', 'A machine has little processor time left.') + alert.ofExporter {
    expression(at):: signals.resources.cpu.asRule(at.q) + ' > ' + at.threshold,
    description(at):: '{{ $value | humanizePercentage }} of the processor time of ' + at.machine + ' was in use in the last ' + at.window + ' (threshold ' + at.percent + ').',
  },

  alert.new('DiskSpaceRunningLow', 'database', 'A file system is nearly full.') + alert.ofExporter {
    expression(at):: alert.lowest(at, signals.resources.diskFree.asRule(at.q)) + ' < ' + at.threshold,
    description(at):: 'Only {{ $value | humanizePercentage }} of {{ $labels.mountpoint }} on ' + at.machine + ' is free (threshold ' + at.percent + ').',
  },

  alert.new('DatabaseGrowth', 'database', 'A database grows fast.') + alert.ofExporter {
    // What was measured a day ago, not a trend: a new Prometheus stays quiet for a day instead of guessing.
    expression(at)::
      local seen(ago) = alert.highest(at, signals.exporters.databaseSize.asRule(at.q), duration.window(config, 60), ago);
      local before = seen(' offset ' + at.window);
      '(' + seen('') + ' - ' + before + ') / ' + before + ' > ' + at.threshold + ' and ' + seen('') + ' > ' + number(at.settings.minimumBytes),
    description(at):: 'The database {{ $labels.datname }} (' + at.job + ') grew by {{ $value | humanizePercentage }} in the last ' + at.window + ' (threshold ' + at.percent + ').',
  },
])
