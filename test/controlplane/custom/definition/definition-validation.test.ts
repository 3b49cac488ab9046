import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../src/controlplane/api/json.ts'
import {
  customResourceDefinitionKind,
  definitionOf,
  definitionStatus,
} from '../../../../src/controlplane/custom/index.ts'
import type { SchemaProps } from '../../../../src/controlplane/custom/schema/schema-props.ts'
import type { KubeObject } from '../../../../src/controlplane/registry/index.ts'

const { strategy } = customResourceDefinitionKind.type

interface Parts {
  readonly schema?: SchemaProps
  readonly version?: JsonObject
  readonly versions?: readonly JsonObject[]
  readonly spec?: JsonObject
  readonly names?: JsonObject
  readonly annotations?: Readonly<Record<string, string>>
}

const STRUCTURAL: SchemaProps = {
  type: 'object',
  properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } },
}

function definition(parts: Parts = {}): KubeObject {
  const { schema = STRUCTURAL, version = {}, names = {}, spec = {}, annotations = {} } = parts
  const v1 = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: schema as JsonObject },
    ...version,
  }
  const plural = 'things'
  const group = (spec.group as string | undefined) ?? 'example.com'
  const object: KubeObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, annotations },
    spec: {
      group,
      scope: 'Cluster',
      names: { plural, kind: 'Thing', ...names },
      versions: parts.versions ?? [v1],
      ...spec,
    },
  }
  return strategy.prepareForCreate(strategy.withDefaults(object))
}

const told = (errors: readonly { field: string; message: string }[]) =>
  errors.map(({ field, message }) => `${field}: ${message}`)
const errorsOf = (parts: Parts) => told(strategy.validate(definition(parts)))

const ROOT = 'spec.validation.openAPIV3Schema'
const withField = (field: SchemaProps): Parts => ({ schema: { type: 'object', properties: { f: field } } })

describe('a definition', () => {
  it('is valid in its simplest form', () => {
    expect(errorsOf({})).toEqual([])
  })

  it.each<[string, Parts, readonly string[]]>([
    [
      'a group without a dot',
      { spec: { group: 'x' } },
      ['spec.group: Invalid value: "x": should be a domain with at least one dot'],
    ],
    [
      'another scope',
      { spec: { scope: 'Galaxy' } },
      ['spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced"'],
    ],
    [
      'one name for object and list',
      { names: { listKind: 'Thing' } },
      ['spec.names.listKind: Invalid value: "Thing": kind and listKind may not be the same'],
    ],
    ['no schema', { version: { schema: null } }, ['spec.versions[0].schema.openAPIV3Schema: Required value']],
    [
      'preserved unknown fields',
      { spec: { preserveUnknownFields: true } },
      [
        'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ],
    ],
    [
      'a column of no type',
      { version: { additionalPrinterColumns: [{ name: 'A', jsonPath: 'x' }] } },
      [
        'spec.additionalPrinterColumns[0].type: Required value: must be one of boolean,date,integer,number,string',
        'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "x": must be a simple json path starting with .',
      ],
    ],
    [
      'scale paths in wrong places',
      { version: { subresources: { scale: { specReplicasPath: '.x', statusReplicasPath: '' } } } },
      [
        'spec.subresources.scale.specReplicasPath: Invalid value: ".x": should be a json path under .spec',
        'spec.subresources.scale.statusReplicasPath: Required value',
      ],
    ],
    [
      'selectable fields that are none',
      { version: { selectableFields: [{ jsonPath: '.spec.b' }, { jsonPath: '.spec' }] } },
      [
        'spec.selectableFields[0].jsonPath: Invalid value: ".spec.b": is an invalid path: does not refer to a valid field',
        'spec.selectableFields[1].jsonPath: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      ],
    ],
    [
      'a webhook without a client',
      { spec: { conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v2'] } } } },
      [
        'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
        'spec.conversion.conversionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
      ],
    ],
    [
      'a group of the community',
      { spec: { group: 'x.k8s.io' } },
      [
        'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
      ],
    ],
    [
      'an array without items',
      withField({ type: 'array' }),
      [`${ROOT}.properties[f].items: Required value: must be specified`],
    ],
    [
      'types within a choice',
      withField({ type: 'integer', anyOf: [{ type: 'integer' }] }),
      [`${ROOT}.properties[f].anyOf[0].type: Forbidden: must be empty to be structural`],
    ],
    [
      'a choice about what is not declared',
      { schema: { ...STRUCTURAL, anyOf: [{ properties: { b: { minimum: 1 } } }] } },
      [`${ROOT}.properties[b]: Required value: because it is defined in ${ROOT}.anyOf[0].properties[b]`],
    ],
    [
      'a default that does not fit',
      withField({ type: 'string', enum: ['a'], default: 'b' }),
      [`${ROOT}.properties[f].default: Unsupported value: "b": supported values: "a"`],
    ],
    [
      'a default with unknown fields',
      withField({ type: 'object', properties: {}, default: { x: 1 } }),
      [`${ROOT}.properties[f].default: Invalid value: {"x":1}: must not have unknown fields`],
    ],
    [
      'a default that breaks a rule',
      withField({ type: 'integer', default: 1, 'x-kubernetes-validations': [{ rule: 'self > 1' }] }),
      [`${ROOT}.properties[f].default: Invalid value: 1: failed rule: self > 1`],
    ],
    [
      'a pattern of another language',
      withField({ type: 'string', pattern: '(?!a)' }),
      [
        `${ROOT}.properties[f].pattern: Invalid value: "(?!a)": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: \`(?!\``,
      ],
    ],
    [
      'a set of objects',
      withField({ type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' }),
      [
        `${ROOT}.properties[f].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set`,
      ],
    ],
    [
      'a map without keys',
      withField({ type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' }),
      [
        `${ROOT}.properties[f].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
      ],
    ],
    [
      'unique items',
      withField({ type: 'array', items: { type: 'string' }, uniqueItems: true }),
      [
        `${ROOT}.properties[f].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
      ],
    ],
    [
      'a rule that does not compile',
      withField({ type: 'integer', 'x-kubernetes-validations': [{ rule: 'self.x' }] }),
      [
        `${ROOT}.properties[f].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.x","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: type 'int' does not support field selection\n | self.x\n | ....^`,
      ],
    ],
    [
      'a rule about changes of items without a former self',
      withField({
        type: 'array',
        items: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > oldSelf' }] },
      }),
      [
        `${ROOT}.properties[f].items.x-kubernetes-validations[0].rule: Invalid value: "self > oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${ROOT}.properties[f]`,
      ],
    ],
  ])('is refused with %s', (_, parts, messages) => {
    expect(errorsOf(parts)).toEqual(messages)
  })

  it('stores objects in exactly one version', () => {
    const version = (name: string) => ({
      name,
      served: true,
      storage: true,
      schema: { openAPIV3Schema: STRUCTURAL as JsonObject },
    })
    const [error, ...others] = errorsOf({ versions: [version('v1'), version('v2')] })
    expect(error).toContain('must have exactly one version marked as storage version')
    expect(others).toEqual([
      expect.stringContaining(
        'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2',
      ),
    ])
  })

  it('may not be nested too deep', () => {
    let schema: SchemaProps = { type: 'string' }
    for (let depth = 0; depth < 5000; depth++) schema = { type: 'object', properties: { a: schema } }
    expect(errorsOf({ schema })).toEqual([
      `${ROOT}: Invalid value: "": must not be nested deeper than 200 levels`,
    ])
  })
})

describe('an update of a definition', () => {
  const established = (parts: Parts = {}) => {
    const object = definition(parts)
    return { ...object, status: definitionStatus(definitionOf(object), [], 0) as JsonObject }
  }
  const updateErrors = (object: KubeObject, old: KubeObject) =>
    told(strategy.validateUpdate(strategy.prepareForUpdate(object, old), old))

  it('keeps scope and kind of what is established', () => {
    const object = definition({ spec: { scope: 'Namespaced' }, names: { kind: 'Other' } })
    expect(updateErrors(object, established())).toEqual([
      'spec.scope: Invalid value: "Namespaced": field is immutable',
      'spec.names.kind: Invalid value: "Other": field is immutable',
    ])
    expect(updateErrors(object, definition())).toEqual([])
  })

  it('keeps versions in which objects may be stored', () => {
    const v2 = {
      name: 'v2',
      served: true,
      storage: true,
      schema: { openAPIV3Schema: STRUCTURAL as JsonObject },
    }
    const [error, ...others] = updateErrors(definition({ versions: [v2] }), established())
    expect(error).toMatch(
      /^status\.storedVersions\[0\]: Invalid value: "v1": missing from spec\.versions; v1 was previously/,
    )
    expect(others).toEqual([])
  })
})

describe('the names of a definition', () => {
  const other = (object: KubeObject, name: string) => {
    const status = definitionStatus(definitionOf(object), [], 0)
    return { ...definitionOf(object), metadata: { name }, status }
  }

  it('are accepted unless another has them', () => {
    const taken = other(definition({ names: { shortNames: ['th'] } }), 'others.example.com')
    const mine = definitionOf(definition({ names: { singular: 'mine', shortNames: ['th', 'm'] } }))
    const { conditions, acceptedNames } = definitionStatus(mine, [taken], 0)
    expect(acceptedNames).toEqual({ plural: '', singular: 'mine', kind: '' })
    expect(conditions).toEqual([
      expect.objectContaining({
        type: 'NamesAccepted',
        status: 'False',
        reason: 'ListKindConflict',
        message: '"ThingList" is already in use',
      }),
      expect.objectContaining({ type: 'Established', status: 'False', reason: 'NotAccepted' }),
    ])
  })

  it('are free in another group, and for the definition itself', () => {
    const elsewhere = other(definition({ spec: { group: 'other.com' } }), 'things.other.com')
    const mine = definitionOf(definition())
    expect(definitionStatus(mine, [elsewhere, mine], 0).conditions?.map(({ status }) => status)).toEqual([
      'True',
      'True',
    ])
  })
})
