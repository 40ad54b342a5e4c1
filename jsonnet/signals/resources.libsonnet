// The machines below, from node_exporter.
function(config)
  local both(query) = { v1(q):: query(q), v2(q):: query(q) };
  local device = 'fstype!~"' + config.ignoredFilesystemRegex + '",mountpoint=~"' + config.mountpointRegex + '"';
  {
    cpu: {
      title: 'CPU',
      description: 'CPU time in use as a share of all. Above the line latency grows with every request: find the process, then the operation.',
      unit: 'percentunit',
      legend: '{{' + config.instanceLabel + '}}',
      alert: 'HighCPUUsage',
    } + both(function(q) '1 - ' + q.node.aggregate('avg', q.node.rate('node_cpu_seconds_total', 'mode="idle"'), [config.instanceLabel])),
    memory: {
      title: 'Memory',
      description: 'Memory in use as a share of all. Above the line the kernel soon kills the largest process, often the application or PostgreSQL.',
      unit: 'percentunit',
      legend: '{{' + config.instanceLabel + '}}',
      alert: 'HighMemoryUsage',
    } + both(function(q) '1 - ' + q.share(q.node.sum('node_memory_MemAvailable_bytes', [config.instanceLabel]), q.node.sum('node_memory_MemTotal_bytes', [config.instanceLabel]))),
    diskFree: {
      title: 'Free disk space',
      description: 'Free space as a share of each file system. Below the line: grow it or clean up before PostgreSQL stops writing.',
      unit: 'percentunit',
      legend: '{{' + config.instanceLabel + '}} {{mountpoint}}',
      alert: 'DiskSpaceRunningLow',
      bad: 'below',
    } + both(function(q) q.share(q.node.min('node_filesystem_avail_bytes', [config.instanceLabel, 'mountpoint'], device), q.node.min('node_filesystem_size_bytes', [config.instanceLabel, 'mountpoint'], device))),
  }
