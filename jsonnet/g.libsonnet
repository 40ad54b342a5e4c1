// The one import that names the panel library: vendor another one here.
{
  panel: import 'lib/panel.libsonnet',
  layout: import 'lib/layout.libsonnet',
  style: import 'lib/style.libsonnet',
  variable: import 'lib/variable.libsonnet',
}
