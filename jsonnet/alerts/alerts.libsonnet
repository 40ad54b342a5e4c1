// Alerting rules, one file a subject.
{
  prometheusAlerts+:: { groups+: [] },
}
