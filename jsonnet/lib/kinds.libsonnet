// The kinds of panel, as data: Grafana's plugin, the usual height in grid rows, instant or range queries, and how
// Grafana is to draw it. `spec` is a panel's plain data; what it may say is in lib/dashboard.libsonnet.
local style = import 'style.libsonnet';

local reduced(everyRow=false, calculation='lastNotNull') = { values: everyRow, calcs: [calculation], fields: '' };

// A legend with figures stands at the right, where it hides no line of itself.
local figures(calcs) = { displayMode: 'table', placement: 'right', showLegend: true, width: 330, calcs: calcs };

// How a line, an area or bars are drawn; one item may differ from its panel.
local drawn(draw) = {
  drawStyle: if draw == 'bars' then 'bars' else 'line',
  fillOpacity: { line: 0, thick: 0, area: 25, bars: 70 }[draw],
  lineWidth: { line: 2, thick: 4, area: 2, bars: 0 }[draw],
};

{
  drawn:: drawn,

  timeSeries: {
    type: 'timeseries',
    height: 8,
    instant: false,
    thresholds(thresholds, bad):: style.lines(thresholds),
    color: { mode: 'palette-classic' },
    custom(spec, limited):: drawn(std.get(spec, 'draw', 'line')) {
      showPoints: 'never',
      [if 'stack' in spec then 'stacking']: { mode: 'normal', group: 'A' },
      [if limited then 'thresholdsStyle']: { mode: 'dashed' },
    },
    options(spec, unit):: {
      [if 'calcs' in spec then 'legend']: figures(spec.calcs),
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  },
  stat: {
    type: 'stat',
    height: 5,
    instant: true,
    thresholds(thresholds, bad):: style.fields(thresholds, bad),
    color: { mode: 'thresholds' },
    custom(spec, limited):: {},
    options(spec, unit):: {
      reduceOptions: reduced(false, std.get(spec, 'reduce', 'lastNotNull')),
      orientation: std.get(spec, 'orientation', 'auto'),
      textMode: std.get(spec, 'textMode', 'auto'),
      colorMode: std.get(spec, 'colorMode', 'value'),
      graphMode: std.get(spec, 'graphMode', 'none'),
      justifyMode: 'auto',
      wideLayout: true,
      showPercentChange: false,
      percentChangeColorMode: 'standard',
    },
  },
  gauge: {
    type: 'gauge',
    height: 8,
    instant: true,
    thresholds(thresholds, bad):: style.fields(thresholds, bad),
    color: { mode: 'thresholds' },
    custom(spec, limited):: {},
    options(spec, unit):: {
      reduceOptions: reduced(),
      orientation: 'auto',
      showThresholdLabels: false,
      showThresholdMarkers: true,
      sizing: 'auto',
      minVizHeight: 75,
      minVizWidth: 75,
    },
  },
  barGauge: {
    type: 'bargauge',
    height: 8,
    instant: true,
    thresholds(thresholds, bad):: style.fields(thresholds, bad),
    color: { mode: 'continuous-BlPu' },
    custom(spec, limited):: {},
    options(spec, unit):: {
      reduceOptions: reduced(std.get(spec, 'everyRow', false)),
      orientation: 'horizontal',
      displayMode: 'basic',
      valueMode: 'text',
      namePlacement: 'auto',
      showUnfilled: true,
      sizing: 'auto',
      minVizHeight: 16,
      minVizWidth: 8,
      maxVizHeight: 30,
      text: { titleSize: 12, valueSize: 16 },
      legend: { displayMode: 'list', placement: 'bottom', showLegend: false, calcs: [] },
    },
  },
  table: {
    type: 'table',
    height: 9,
    // Stands in every empty cell.
    noValue: '–',
    instant: true,
    thresholds(thresholds, bad):: style.none,
    color: { mode: 'thresholds' },
    custom(spec, limited):: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false, filterable: false },
    options(spec, unit):: {
      showHeader: true,
      cellHeight: 'sm',
      sortBy: if std.objectHas(spec, 'sortBy') then [{ displayName: spec.sortBy, desc: true }] else [],
    },
  },
  heatmap: {
    type: 'heatmap',
    height: 8,
    instant: false,
    thresholds(thresholds, bad):: style.none,
    color: { mode: 'thresholds' },
    custom(spec, limited):: {
      hideFrom: { legend: false, tooltip: false, viz: false },
      scaleDistribution: { type: 'linear' },
    },
    options(spec, unit):: {
      calculate: false,
      cellGap: 1,
      cellValues: { unit: 'short' },
      color: { mode: 'scheme', scheme: 'Oranges', fill: 'dark-orange', scale: 'exponential', exponent: 0.5, steps: 64, reverse: false },
      exemplars: { color: 'rgba(255,0,255,0.7)' },
      filterValues: { le: 1e-9 },
      legend: { show: true },
      rowsFrame: { layout: 'auto' },
      showValue: 'never',
      tooltip: { mode: 'single', yHistogram: true, showColorScale: false },
      yAxis: { axisPlacement: 'left', reverse: false, unit: unit },
    },
  },
  alertList: {
    type: 'alertlist',
    height: 8,
    instant: true,
    options(spec, unit):: {
      viewMode: 'list',
      groupMode: 'default',
      groupBy: [],
      maxItems: 20,
      sortOrder: 3,
      dashboardAlerts: false,
      alertName: '',
      // The watchdog always fires, and has no severity.
      alertInstanceLabelFilter: '{alertname=~"FraiseQL.*",severity!="none"}',
      stateFilter: { firing: true, pending: true, noData: false, normal: false, 'error': true },
    },
  },
}
