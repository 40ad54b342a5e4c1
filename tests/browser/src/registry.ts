// The standard field options (unit, thresholds, ...) and transformations. Grafana registers them in a part that is not
// published; without them a panel silently ignores its units and thresholds.
import {
  displayNameOverrideProcessor,
  FieldType,
  identityOverrideProcessor,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
  type FieldConfigPropertyItem,
} from '@grafana/data';

const NUMERIC_ONLY = ['min', 'max', 'decimals'];
const ANY = ['unit', 'fieldMinMax', 'thresholds', 'color', 'mappings', 'noValue', 'links', 'filterable', 'description'];

/** A field option that is taken as it is written. Nobody edits it here, so it has no editor. */
export function fieldOption(id: string, more: Partial<FieldConfigPropertyItem> = {}): FieldConfigPropertyItem {
  return {
    id,
    path: id,
    name: id,
    editor: () => null,
    override: () => null,
    process: identityOverrideProcessor,
    shouldApply: () => true,
    ...more,
  };
}

export function registerStandards(): void {
  standardFieldConfigEditorRegistry.setInit(() => [
    fieldOption('displayName', { process: displayNameOverrideProcessor, settings: { expandTemplateVars: true } }),
    ...NUMERIC_ONLY.map((id) => fieldOption(id, { shouldApply: (field) => field.type === FieldType.number })),
    ...ANY.map((id) => fieldOption(id)),
  ]);
  standardTransformersRegistry.setInit(() =>
    [...new Set(Object.values(standardTransformers))].map((transformation) => ({
      id: transformation.id,
      name: transformation.name,
      transformation: async () => transformation,
      editor: () => null,
      imageDark: '',
      imageLight: '',
    }))
  );
}
