import { sameJson } from '../../../common/json-tools.ts'
import type { JsonValue } from '../../api/json.ts'
import { eachSchema, isTooDeep, type SchemaProps } from '../schema/schema-props.ts'
import { structuralOf, UnsupportedSchema } from '../schema/structural.ts'
import { structuralErrors } from '../schema/structural-validation.ts'
import { type ConversionRules, caBundleProblem, hasKnownReviewVersion } from './conversion-validation.ts'
import { type Definition, type DefinitionSpec, isEstablished } from './definition.ts'
import { isSetOfParts, mapListErrors } from './list-schema-validation.ts'
import type { SchemaRules } from './schema-validation.ts'
import { splitVersions } from './shared-parts.ts'
import { MAX_SELECTABLE_FIELDS } from './version-validation.ts'

/** How strictly a definition is looked at: what it did before a rule came, it may keep doing. */
export interface ValidationRules extends SchemaRules, ConversionRules {
  readonly requiresSchema: boolean
  readonly requiresStructural: boolean
  readonly requiresPrunedDefaults: boolean
  readonly requiresSameNames: boolean
  /** The names of versions; empty for what all versions share. */
  readonly selectableFieldsMayBeTooMany: ReadonlySet<string>
}

export const CREATE_RULES: ValidationRules = {
  requiresKnownReviewVersion: true,
  // Nothing is converted before it is established.
  allowsInvalidCaBundle: true,
  requiresSameNames: false,
  requiresSchema: true,
  requiresKnownTypes: true,
  requiresStructural: true,
  requiresPrunedDefaults: true,
  requiresAtomicSets: true,
  requiresMapKeys: true,
  isKnown: () => false,
  selectableFieldsMayBeTooMany: new Set(),
}

const KNOWN_TYPES = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object'])

export function updateRules(definition: Definition, old: Definition): ValidationRules {
  const schemas = (old.spec.versions ?? []).map(({ schema }) => schema?.openAPIV3Schema ?? undefined)
  const present = schemas.filter((schema) => schema !== undefined)
  const none = (test: (schema: SchemaProps) => boolean) =>
    !present.some((schema) => [...eachSchema(schema)].some(test))
  return {
    ...CREATE_RULES,
    requiresKnownReviewVersion: hasKnownReviewVersion(
      old.spec.conversion?.webhook?.conversionReviewVersions ?? [],
    ),
    allowsInvalidCaBundle: !isEstablished(old) || hasInvalidCaBundle(old.spec),
    requiresSameNames: isEstablished(old),
    requiresSchema: present.length === schemas.length,
    requiresKnownTypes: none(({ type }) => Boolean(type) && !KNOWN_TYPES.has(type ?? '')),
    requiresStructural: present.every(isStructural),
    requiresAtomicSets: none(isSetOfParts),
    isKnown: (schema) => present.some((each) => sameJson(each as JsonValue, schema as JsonValue)),
    requiresMapKeys: none((schema) => mapListErrors(schema, '').length > 0),
    selectableFieldsMayBeTooMany: unchangedTooMany(definition.spec, old.spec),
  }
}

function hasInvalidCaBundle({ conversion }: DefinitionSpec): boolean {
  const bundle = conversion?.webhook?.clientConfig?.caBundle ?? ''
  return bundle !== '' && caBundleProblem(bundle) !== undefined
}

function isStructural(props: SchemaProps): boolean {
  if (isTooDeep(props)) return false
  try {
    return structuralErrors(structuralOf(props), '').length === 0
  } catch (error) {
    if (error instanceof UnsupportedSchema) return false
    throw error
  }
}

function unchangedTooMany(spec: DefinitionSpec, old: DefinitionSpec): Set<string> {
  const [now, before] = [splitVersions(spec), splitVersions(old)]
  const isKept = (fields: unknown, former: unknown) =>
    Array.isArray(former) &&
    former.length > MAX_SELECTABLE_FIELDS &&
    sameJson(fields as JsonValue, former as JsonValue)
  const kept = now.versions.filter((version) => {
    const former = before.versions.find(({ name }) => name === version.name)
    return isKept(version.selectableFields, former?.selectableFields)
  })
  const names = kept.map(({ name = '' }) => name)
  if (isKept(now.shared.selectableFields, before.shared.selectableFields)) names.push('')
  return new Set(names)
}
