import { describe, expect, it } from 'vitest'
import { isJsonObject, type JsonObject } from '../../../src/controlplane/api/json.ts'
import { invalidObject, StatusError } from '../../../src/controlplane/api/status.ts'
import {
  type CustomVersion,
  compileDefinition,
  customResourceDefinitionKind,
  DELETION_PENDING,
  definitionOf,
  definitionStatus,
  strictDecodingError,
  unknownFieldProblem,
  withCondition,
} from '../../../src/controlplane/custom/index.ts'
import type { KubeObject, ResourceType } from '../../../src/controlplane/registry/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'

const sent = (name: string) => recordedExchange(name).request.body as KubeObject
const answered = (name: string) => recordedExchange(name).response.body as KubeObject
const { type: definitions } = customResourceDefinitionKind

function created(type: ResourceType, object: KubeObject): KubeObject {
  const { strategy } = type
  return strategy.prepareForCreate(strategy.withDefaults(object))
}

/** The answer to a create that is refused; undefined when it is not. */
function refusal(type: ResourceType, object: KubeObject): JsonObject | undefined {
  const prepared = created(type, object)
  const errors = type.strategy.validate(prepared)
  return errors.length === 0 ? undefined : invalidObject(type, object.metadata.name ?? '', errors).toStatus()
}

function updateRefusal(type: ResourceType, old: KubeObject, changes: JsonObject): JsonObject | undefined {
  const { strategy } = type
  const object = strategy.prepareForUpdate(strategy.withDefaults(merged(old, changes) as KubeObject), old)
  const errors = strategy.validateUpdate(object, old)
  return errors.length === 0 ? undefined : invalidObject(type, old.metadata.name ?? '', errors).toStatus()
}

function merged(object: JsonObject, changes: JsonObject): JsonObject {
  const entries = Object.entries(changes).map(([name, value]) => {
    const old = object[name]
    return [name, isJsonObject(value) && isJsonObject(old) ? merged(old, value) : value]
  })
  return { ...object, ...Object.fromEntries(entries) }
}

/** Causes come in the random order of a Go map. */
function sortedCauses(status: unknown): unknown {
  const { message: _, details, ...rest } = status as JsonObject
  const { causes, ...others } = details as JsonObject
  const texts = (causes as unknown as readonly JsonObject[]).map((each) => JSON.stringify(each))
  return { ...rest, details: { ...others, causes: texts.sort() } }
}

const widgets = (): CustomVersion => {
  const version = compileDefinition(answered('create crd')).get('v1')
  if (!version) throw new Error('the definition has no v1')
  return version
}
const inNamespace = (object: KubeObject) => merged(object, { metadata: { namespace: 'rec' } }) as KubeObject

describe('a definition', () => {
  it('is completed as recorded', () => {
    const object = created(definitions, sent('create crd'))
    const { spec, status } = answered('create crd')
    expect({ spec: object.spec, status: object.status }).toEqual({ spec, status })
    expect(Object.keys(object.spec as JsonObject)).toContain('conversion')
    expect(refusal(definitions, sent('create crd'))).toBeUndefined()
  })

  it.each(['crd invalid', 'crd not structural'])('is refused as recorded: %s', (name) => {
    expect(refusal(definitions, sent(name))).toEqual(answered(name))
  })

  it('is established as recorded', () => {
    const definition = definitionOf(answered('create crd'))
    const status = definitionStatus(definition, [definition], Date.parse('2026-11-22T11:56:07Z'))
    expect(JSON.stringify(status)).toBe(JSON.stringify(answered('crd established').status))
    expect(definitionStatus({ ...definition, status }, [], 0)).toBe(status)
  })

  it('is terminated as recorded', () => {
    const { status } = definitionOf(answered('crd established'))
    const terminating = withCondition(status, DELETION_PENDING, Date.parse('2026-11-22T11:56:10Z'))
    expect(terminating).toEqual(answered('delete crd').status)
  })

  it('keeps its status when a client writes another', () => {
    const old = answered('crd established')
    const object = merged(old, sent('crd chart status write ignored')) as KubeObject
    expect(definitions.strategy.prepareForUpdate(object, old)).toEqual(old)
  })
})

describe('a custom object', () => {
  it('is defaulted and pruned as recorded', () => {
    const name = 'cr create: default and prune'
    const object = created(widgets().type, inNamespace(sent(name)))
    expect(JSON.stringify(object.spec)).toBe(JSON.stringify(answered(name).spec))
    expect(Object.keys(object).sort()).toEqual(Object.keys(answered(name)).sort())
  })

  it('has unknown fields as recorded', () => {
    const { unknownFields } = widgets().prune(sent('cr create strict unknown'), 'refuse')
    const error = strictDecodingError(widgets().type, unknownFields.map(unknownFieldProblem))
    expect(error).toBeInstanceOf(StatusError)
    expect(error.toStatus()).toEqual(answered('cr create strict unknown'))
  })

  it.each(['cr missing required', 'cr several violations', 'cr cel rule'])(
    'is refused as recorded: %s',
    (name) => {
      expect(sortedCauses(refusal(widgets().type, inNamespace(sent(name))))).toEqual(
        sortedCauses(answered(name)),
      )
    },
  )

  it.each(['cr cel transition', 'cr duplicate map key'])('is not changed, as recorded: %s', (name) => {
    const old = answered('cr generation after spec change')
    expect(updateRefusal(widgets().type, old, sent(name))).toEqual(answered(name))
  })

  it('has only its status changed as recorded', () => {
    const old = answered('cr create: default and prune')
    const strategy = widgets().statusStrategy
    const object = strategy?.prepareForUpdate(merged(old, sent('cr status')) as KubeObject, old)
    const { spec, status } = answered('cr status')
    expect({ spec: object?.spec, status: object?.status }).toEqual({ spec, status })
    expect(strategy?.validateUpdate(object as KubeObject, old)).toEqual([])
  })

  it('is scaled as recorded', () => {
    const object = answered('cr generation after spec change')
    const scale = widgets().scale?.read(object)
    expect(JSON.stringify(scale)).toBe(JSON.stringify(answered('cr scale')))
    const more = merged(scale as KubeObject, { spec: { replicas: 7 } }) as KubeObject
    expect(widgets().scale?.write(object, more).spec).toMatchObject({ replicas: 7, size: 5 })
  })

  it('is selected by the fields of its definition', () => {
    const { selectableFields, fieldValue } = widgets()
    expect(selectableFields.has('spec.color')).toBe(true)
    expect(selectableFields.has('spec.size')).toBe(false)
    expect(fieldValue(answered('cr generation after spec change'), 'spec.color')).toBe('red')
  })
})
