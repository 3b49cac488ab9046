import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonValue } from '../../api/json.ts'
import { rfc1035Problems, subdomainProblems } from '../../registry/index.ts'
import { child, element, type FieldPath } from '../field-path.ts'
import { eachSchema, isTooDeep, MAX_SCHEMA_DEPTH, type SchemaProps } from '../schema/schema-props.ts'
import { asResource, type Structural, structuralOf, UnsupportedSchema } from '../schema/structural.ts'
import { structuralErrors } from '../schema/structural-validation.ts'
import { approvalErrors } from './api-approval.ts'
import { conversionErrors } from './conversion-validation.ts'
import { defaultErrors } from './default-validation.ts'
import type { Definition, DefinitionSpec, DefinitionVersion, Subresources } from './definition.ts'
import { missingNameErrors, nameErrors } from './names-validation.ts'
import { schemaErrors } from './schema-validation.ts'
import { printedVersions, type SharedParts, splitVersions } from './shared-parts.ts'
import { CREATE_RULES, updateRules, type ValidationRules } from './validation-rules.ts'
import {
  columnErrors,
  deprecationProblems,
  selectableFieldErrors,
  subresourceErrors,
} from './version-validation.ts'

/** What is wrong with a new definition, in Kubernetes' words (apis/apiextensions/validation). */
export function definitionErrors(definition: Definition): FieldError[] {
  const { metadata, spec } = definition
  const name = `${spec.names?.plural ?? ''}.${spec.group ?? ''}`
  return [
    ...(metadata.name === name
      ? []
      : [invalid('metadata.name', metadata.name ?? '', 'must be spec.names.plural+"."+spec.group')]),
    ...specErrors(spec, CREATE_RULES),
    ...statusErrors(definition),
    ...approvalErrors(definition, undefined),
    ...preservationErrors(spec, undefined),
  ]
}

export function definitionUpdateErrors(definition: Definition, old: Definition): FieldError[] {
  const rules = updateRules(definition, old)
  return [
    ...specErrors(definition.spec, rules),
    ...immutabilityErrors(definition.spec, old.spec, rules),
    ...statusErrors(definition),
    ...approvalErrors(definition, old),
    ...preservationErrors(definition.spec, old.spec),
  ]
}

export function acceptedNamesErrors({ status }: Definition): FieldError[] {
  return nameErrors(status.acceptedNames ?? {}, 'status.acceptedNames')
}

function statusErrors(definition: Definition): FieldError[] {
  const { spec, status } = definition
  return [
    ...acceptedNamesErrors(definition),
    ...storedVersionErrors(status.storedVersions ?? [], spec.versions ?? []),
  ]
}

function storedVersionErrors(
  stored: readonly string[],
  versions: readonly DefinitionVersion[],
): FieldError[] {
  const path = 'status.storedVersions'
  if (stored.length === 0) return [invalid(path, null, 'must have at least one stored version')]
  const missing = versions.filter(({ storage, name = '' }) => storage && !stored.includes(name))
  return [
    ...missing.map(({ name }) => invalid(path, stored, `must have the storage version ${name}`)),
    ...stored.flatMap((name, index) => {
      if (versions.some((version) => version.name === name)) return []
      const detail = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`
      return [invalid(element(path, index), name, detail)]
    }),
  ]
}

function immutabilityErrors(spec: DefinitionSpec, old: DefinitionSpec, rules: ValidationRules): FieldError[] {
  const kept = (field: FieldPath, now = '', before = '') =>
    now === before ? [] : [invalid(field, now, 'field is immutable')]
  return [
    ...(rules.requiresSameNames ? kept('spec.scope', spec.scope, old.scope) : []),
    ...(rules.requiresSameNames ? kept('spec.names.kind', spec.names?.kind, old.names?.kind) : []),
    ...kept('spec.group', spec.group, old.group),
    ...kept('spec.names.plural', spec.names?.plural, old.names?.plural),
  ]
}

function preservationErrors(spec: DefinitionSpec, old: DefinitionSpec | undefined): FieldError[] {
  if (old?.preserveUnknownFields || !spec.preserveUnknownFields) return []
  const detail =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
  return [invalid('spec.preserveUnknownFields', true, detail)]
}

function specErrors(spec: DefinitionSpec, rules: ValidationRules): FieldError[] {
  const { shared, versions } = splitVersions(spec)
  const [effective, usageErrors] = rulesForSchemas(spec, rules)
  const first = versions[0]?.name ?? ''
  return [
    ...groupErrors(spec.group ?? ''),
    ...scopeErrors(spec.scope ?? ''),
    ...missingSchemaErrors(shared, versions, rules),
    ...usageErrors,
    ...versions.flatMap((version, index) => {
      const subresources = shared.subresources ?? version.subresources
      return versionErrors(version, subresources, element('spec.versions', index), effective)
    }),
    ...versionListErrors(versions),
    ...(first === '' ? [] : labelErrors('spec.version', first)),
    ...missingNameErrors(spec.names ?? {}, 'spec.names'),
    ...nameErrors(spec.names ?? {}, 'spec.names'),
    ...sharedErrors(shared, versions, effective),
    ...(spec.conversion && spec.conversion.strategy !== 'None' && spec.preserveUnknownFields
      ? [
          invalid(
            'spec.conversion.strategy',
            spec.conversion.strategy ?? '',
            'must be None if spec.preserveUnknownFields is true',
          ),
        ]
      : []),
    ...(spec.conversion ? conversionErrors(spec.conversion, rules, 'spec.conversion') : []),
  ]
}

function groupErrors(group: string): FieldError[] {
  if (group === '') return [required('spec.group')]
  const problems = subdomainProblems(group)
  if (problems.length > 0) return [invalid('spec.group', group, problems.join(','))]
  return group.includes('.') ? [] : [invalid('spec.group', group, 'should be a domain with at least one dot')]
}

function scopeErrors(scope: string): FieldError[] {
  if (scope === '') return [required('spec.scope')]
  const scopes = ['Cluster', 'Namespaced']
  return scopes.includes(scope) ? [] : [notSupported('spec.scope', scope, scopes)]
}

function labelErrors(field: FieldPath, text: string): FieldError[] {
  const problems = rfc1035Problems(text)
  return problems.length === 0 ? [] : [invalid(field, text, problems.join(','))]
}

function missingSchemaErrors(
  { schema }: SharedParts,
  versions: readonly DefinitionVersion[],
  { requiresSchema }: ValidationRules,
): FieldError[] {
  if (schema?.openAPIV3Schema) return []
  const detail = requiresSchema ? '' : 'because otherwise all fields are pruned'
  return versions.flatMap((version, index) => {
    if (version.schema?.openAPIV3Schema || !(requiresSchema || version.served)) return []
    return [required(`spec.versions[${index}].schema.openAPIV3Schema`, detail)]
  })
}

/** What a schema uses may demand that it is structural, whatever it was before. */
function rulesForSchemas(spec: DefinitionSpec, rules: ValidationRules): [ValidationRules, FieldError[]] {
  const schemas = allSchemas(spec)
  const hasDefaults = schemas.some((schema) =>
    some(schema, (each) => (each.default ?? undefined) !== undefined),
  )
  const isStructural =
    rules.requiresStructural || !spec.preserveUnknownFields || hasDefaults || schemas.some(usesExtensions)
  const detail = 'must be false in order to use defaults in the schema'
  return [
    { ...rules, requiresStructural: isStructural },
    hasDefaults && spec.preserveUnknownFields ? [invalid('spec.preserveUnknownFields', true, detail)] : [],
  ]
}

function allSchemas({ versions }: DefinitionSpec): SchemaProps[] {
  return (versions ?? []).flatMap(({ schema }) => (schema?.openAPIV3Schema ? [schema.openAPIV3Schema] : []))
}

function some(schema: SchemaProps, test: (schema: SchemaProps) => boolean): boolean {
  return [...eachSchema(schema)].some(test)
}

function usesExtensions(schema: SchemaProps): boolean {
  return some(schema, (each) =>
    Object.keys(each).some((name) => name.startsWith('x-kubernetes-') && name !== 'x-kubernetes-map-type'),
  )
}

function versionErrors(
  version: DefinitionVersion,
  subresources: Subresources | undefined,
  path: FieldPath,
  rules: ValidationRules,
): FieldError[] {
  const { name = '', deprecated = false } = version
  const warning = version.deprecationWarning ?? undefined
  return [
    ...labelErrors(child(path, 'name'), name),
    ...deprecationProblems(deprecated, warning).map((each) =>
      invalid(child(path, 'deprecationWarning'), warning, each),
    ),
    ...partErrors(version, Boolean(subresources?.status), path, 'schema', rules, name),
  ]
}

function sharedErrors(
  shared: SharedParts,
  versions: readonly DefinitionVersion[],
  rules: ValidationRules,
): FieldError[] {
  const hasStatus = [shared, ...versions].some(({ subresources }) => subresources?.status)
  return partErrors(shared, hasStatus, 'spec', 'validation', rules, '')
}

/** `version` is empty for what all versions share. */
function partErrors(
  parts: SharedParts,
  hasStatus: boolean,
  path: FieldPath,
  schemaName: 'schema' | 'validation',
  rules: ValidationRules,
  version: string,
): FieldError[] {
  const props = parts.schema?.openAPIV3Schema ?? undefined
  const fields = parts.selectableFields ?? []
  const fieldsPath = child(path, 'selectableFields')
  const isShared = schemaName === 'validation'
  const noSchema = isShared
    ? 'may only be set when validations.schema is included'
    : 'may only be set when `version.schema.openAPIV3Schema` is not included'
  const allowsTooMany = rules.selectableFieldsMayBeTooMany.has(version)
  const schemaPath = child(path, 'schema.openAPIV3Schema')
  return [
    ...(props ? validationErrors(props, hasStatus, child(path, schemaName), rules) : []),
    ...(parts.subresources ? subresourceErrors(parts.subresources, child(path, 'subresources')) : []),
    ...(parts.additionalPrinterColumns ?? []).flatMap((column, index) =>
      columnErrors(column, element(child(path, 'additionalPrinterColumns'), index)),
    ),
    ...(fields.length === 0
      ? []
      : props && !isTooDeep(props)
        ? selectableFieldErrors(fields, props, fieldsPath, schemaPath, allowsTooMany)
        : [invalid(fieldsPath, '', noSchema)]),
  ]
}

/** Of fields that differ from their name in the API only by case, Go's name is told. */
const ALLOWED_AT_ROOT =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations'
const ALLOWED_NAMES = new Set([
  ...ALLOWED_AT_ROOT.split(' ').map((name) => name.charAt(0).toLowerCase() + name.slice(1)),
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
])

function validationErrors(
  props: SchemaProps,
  hasStatus: boolean,
  validationPath: FieldPath,
  rules: ValidationRules,
): FieldError[] {
  const path = child(validationPath, 'openAPIV3Schema')
  if (isTooDeep(props))
    return [invalid(path, '', `must not be nested deeper than ${MAX_SCHEMA_DEPTH} levels`)]
  const errors = hasStatus ? rootErrors(props, path) : []
  if (props.nullable) errors.push(forbidden(child(path, 'nullable'), 'nullable cannot be true at the root'))
  const shape = rules.requiresStructural ? shapeErrors(props, path, rules) : { errors: [] }
  errors.push(...shape.errors)
  errors.push(...schemaErrors(props, path, rules, shape.schema !== undefined))
  return errors.length === 0 && shape.unsupported !== undefined
    ? [invalid(path, '', shape.unsupported)]
    : errors
}

interface Shape {
  readonly errors: readonly FieldError[]
  /** Only of a schema in which nothing is wrong. */
  readonly schema?: Structural
  readonly unsupported?: string
}

function shapeErrors(props: SchemaProps, path: FieldPath, rules: ValidationRules): Shape {
  try {
    const schema = structuralOf(props)
    const structural = structuralErrors(schema, path)
    const errors =
      structural.length > 0
        ? structural
        : defaultErrors(asResource(schema), path, rules.requiresPrunedDefaults)
    return errors.length > 0 ? { errors } : { errors, schema }
  } catch (error) {
    if (error instanceof UnsupportedSchema) return { errors: [], unsupported: error.message }
    throw error
  }
}

/** Of the root, `properties.status` is all that `/status` validates. */
function rootErrors(props: SchemaProps, path: FieldPath): FieldError[] {
  if (props.type && props.type !== 'object') {
    const detail =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
    return [invalid(child(path, 'type'), props.type, detail)]
  }
  const isOther = ([name, value]: [string, unknown]) =>
    !ALLOWED_NAMES.has(name) && value !== undefined && value !== null && value !== '' && value !== false
  if (!Object.entries(props).some(isOther)) return []
  const detail = `only [${ALLOWED_AT_ROOT}] fields are allowed at the root of the schema if the status subresource is enabled`
  return [invalid(path, props as JsonValue, detail)]
}

function versionListErrors(versions: readonly DefinitionVersion[]): FieldError[] {
  const names = versions.map(({ name = '' }) => name)
  const storage = versions.filter((version) => version.storage).length
  const wrong = (detail: string) => invalid('spec.versions', printedVersions(versions), detail)
  return [
    ...(new Set(names).size < names.length ? [wrong('must contain unique version names')] : []),
    ...(storage === 1 ? [] : [wrong('must have exactly one version marked as storage version')]),
  ]
}
