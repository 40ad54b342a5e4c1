// The panels: thin wrappers over the components that Grafana publishes. The other kinds are in placeholders.tsx.
import {
  cacheFieldDisplayNames,
  FieldType,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  PanelPlugin,
  renderMarkdown,
  VizOrientation,
  type DataFrame,
  type DisplayValueAlignmentFactors,
  type FieldDisplay,
  type PanelProps,
} from '@grafana/data';
import {
  BarGauge,
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  TimeSeries,
  useTheme2,
  VizRepeater,
  type VizRepeaterRenderValueProps,
} from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { BarGaugeDisplayMode, BarGaugeNamePlacement, BarGaugeValueMode, LegendDisplayMode } from '@grafana/schema';
import { useMemo } from 'react';
import { AlertListPlaceholder, GaugePlaceholder, HeatmapPlaceholder, ListPlaceholder } from './placeholders';
import { NoData } from './no-data';
import { fieldOption } from './registry';

/** Field options of our panels' own, with the defaults that Grafana gives them. */
const TIME_SERIES: Options = {
  drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, fillOpacity: 0, gradientMode: 'none',
  lineStyle: undefined, spanNulls: false, insertNulls: false, showPoints: 'auto', pointSize: 5,
  stacking: { mode: 'none', group: 'A' }, barAlignment: 0, barWidthFactor: 0.6, barMaxWidth: undefined,
  fillBelowTo: undefined, transform: undefined, hideFrom: undefined, thresholdsStyle: undefined,
  axisPlacement: 'auto', axisLabel: '', axisWidth: undefined, axisSoftMin: undefined, axisSoftMax: undefined,
  axisGridShow: undefined, axisCenteredZero: false, axisBorderShow: false, axisColorMode: 'text',
  scaleDistribution: undefined,
};
const TABLE: Options = {
  width: undefined, minWidth: 150, align: 'auto', cellOptions: { type: 'auto' }, inspect: false, filterable: false,
  hidden: false, hideFrom: undefined, wrapText: false, wrapHeaderText: false, tooltip: undefined, footer: undefined,
};
type Options = Record<string, unknown>;

function plugin(panel: React.ComponentType<PanelProps<any>>, custom: Options = {}): PanelPlugin {
  return new PanelPlugin(panel).useFieldConfig({
    useCustomConfig: (builder) =>
      Object.entries(custom).forEach(([id, defaultValue]) => {
        builder.addCustomEditor(fieldOption(id, { defaultValue }));
      }),
  });
}

export const panelPlugins: Record<string, PanelPlugin> = {
  timeseries: plugin(TimeSeriesPanel, TIME_SERIES),
  stat: plugin(StatPanel),
  bargauge: plugin(BarGaugePanel),
  table: plugin(TablePanel, TABLE),
  text: plugin(TextPanel).setNoPadding(),
  gauge: plugin(GaugePlaceholder),
  heatmap: plugin(HeatmapPlaceholder),
  alertlist: plugin(AlertListPlaceholder),
  piechart: plugin(ListPlaceholder),
  barchart: plugin(ListPlaceholder),
  histogram: plugin(ListPlaceholder),
};
panelPlugins.text.meta = { ...panelPlugins.text.meta, skipDataQuery: true };

/** What can be drawn over time: a time and the numbers beside it; what is not finite is a gap. */
function drawable(series: DataFrame[]): DataFrame[] {
  const finite = (value: number | null) => (Number.isFinite(value) ? value : null);
  return series
    .map((frame) => ({
      ...frame,
      fields: frame.fields
        .filter(({ type }) => type === FieldType.time || type === FieldType.number)
        .map((field) => (field.type === FieldType.time ? field : { ...field, values: field.values.map(finite) })),
    }))
    .filter(({ fields }) => fields.some(({ values }, i) => i > 0 && values.some((value) => value !== null)));
}

function TimeSeriesPanel({ data, width, height, timeRange, timeZone, options }: PanelProps<any>) {
  const frames = useMemo(() => drawable(data.series), [data.series]);
  if (frames.length === 0) {
    return <NoData />;
  }
  const legend = {
    displayMode: LegendDisplayMode.List, placement: 'bottom' as const, showLegend: true, calcs: [], ...options.legend,
  };
  return (
    <TimeSeries
      frames={frames}
      structureRev={data.structureRev}
      timeRange={timeRange}
      timeZone={timeZone}
      width={width}
      height={height}
      legend={legend}
      options={options}
    />
  );
}

/** The single values of a panel, reduced as its options say. */
export function useDisplayValues(props: PanelProps<any>, sparkline = false): FieldDisplay[] {
  const { data, fieldConfig, options, replaceVariables, timeZone } = props;
  const theme = useTheme2();
  const reduceOptions = { calcs: ['lastNotNull'], values: false, fields: '', ...options.reduceOptions };
  return getFieldDisplayValues({
    fieldConfig, reduceOptions, replaceVariables, theme, timeZone, sparkline, data: data.series,
  });
}

function StatPanel(props: PanelProps<any>) {
  const { data, width, height, options, renderCounter } = props;
  const theme = useTheme2();
  const graphMode = options.graphMode ?? BigValueGraphMode.Area;
  const values = useDisplayValues(props, graphMode !== BigValueGraphMode.None);
  const renderValue = ({ value, alignmentFactors, count, ...size }: Repeated) => (
    <BigValue
      {...size}
      value={value.display}
      sparkline={value.sparkline}
      count={count}
      theme={theme}
      text={options.text}
      alignmentFactors={alignmentFactors}
      colorMode={options.colorMode ?? BigValueColorMode.Value}
      textMode={options.textMode ?? BigValueTextMode.Auto}
      justifyMode={options.justifyMode}
      graphMode={graphMode}
    />
  );
  return (
    <VizRepeater<FieldDisplay, DisplayValueAlignmentFactors>
      getValues={() => values}
      getAlignmentFactors={alignment}
      renderValue={renderValue}
      width={width}
      height={height}
      source={data}
      itemSpacing={3}
      renderCounter={renderCounter}
      autoGrid
      orientation={options.orientation ?? VizOrientation.Auto}
    />
  );
}

export type Repeated = VizRepeaterRenderValueProps<FieldDisplay, DisplayValueAlignmentFactors>;

export const alignment = getDisplayValueAlignmentFactors;

export function BarGaugePanel(props: PanelProps<any>) {
  const { data, width, height, options, renderCounter } = props;
  const theme = useTheme2();
  const values = useDisplayValues(props);
  const orientation = options.orientation && options.orientation !== VizOrientation.Auto
    ? options.orientation
    : width > height ? VizOrientation.Vertical : VizOrientation.Horizontal;
  if (values.length === 0) {
    return <NoData />;
  }
  const renderValue = ({ value, alignmentFactors, ...size }: Repeated) => (
    <BarGauge
      width={size.width}
      height={size.height}
      orientation={size.orientation}
      field={value.field}
      value={value.display}
      display={value.view?.getFieldDisplayProcessor(value.colIndex!) ?? undefined}
      theme={theme}
      text={options.text}
      itemSpacing={10}
      lcdCellWidth={12}
      displayMode={options.displayMode ?? BarGaugeDisplayMode.Gradient}
      showUnfilled={options.showUnfilled ?? true}
      valueDisplayMode={options.valueMode ?? BarGaugeValueMode.Color}
      namePlacement={options.namePlacement ?? BarGaugeNamePlacement.Auto}
      alignmentFactors={alignmentFactors}
    />
  );
  return (
    <VizRepeater<FieldDisplay, DisplayValueAlignmentFactors>
      getValues={() => values}
      getAlignmentFactors={alignment}
      renderValue={renderValue}
      width={width}
      height={height}
      source={data}
      itemSpacing={10}
      renderCounter={renderCounter}
      orientation={orientation}
      minVizWidth={options.minVizWidth ?? 8}
      minVizHeight={options.minVizHeight ?? 16}
      maxVizHeight={options.maxVizHeight ?? 300}
    />
  );
}

function TablePanel({ data, width, height, options, fieldConfig, timeRange, transparent }: PanelProps<any>) {
  useMemo(() => cacheFieldDisplayNames(data.series), [data.series]);
  const frame = data.series[options.frameIndex ?? 0];
  if (!frame || frame.length === 0) {
    return <NoData />;
  }
  return (
    <TableNG
      data={frame}
      width={width}
      height={height}
      noHeader={options.showHeader === false}
      showTypeIcons={options.showTypeIcons}
      sortBy={options.sortBy}
      frozenColumns={options.frozenColumns?.left}
      enablePagination={options.enablePagination}
      cellHeight={options.cellHeight}
      maxRowHeight={options.maxRowHeight}
      structureRev={data.structureRev}
      fieldConfig={fieldConfig}
      timeRange={timeRange}
      transparent={transparent}
      resizable
    />
  );
}

function TextPanel({ options, replaceVariables }: PanelProps<any>) {
  const html = renderMarkdown(replaceVariables(options.content ?? ''));
  return <div className="markdown-html" style={{ padding: 8 }} dangerouslySetInnerHTML={{ __html: html }} />;
}
