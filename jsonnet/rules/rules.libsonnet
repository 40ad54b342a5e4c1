// Recording rules, one file a subject.
{
  prometheusRules+:: { groups+: [] },
}
