// Where the runbook of an alert lives; `alert` without the product's name, as in `_config.alerts`.
{
  url(config, alert):: std.strReplace(config.runbookUrlPattern, '%s', 'FraiseQL' + alert),
  link(config, alert):: { title: 'Runbook: FraiseQL' + alert, url: $.url(config, alert), targetBlank: true },
}
