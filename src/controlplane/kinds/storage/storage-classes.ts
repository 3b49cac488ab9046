import { isDeepStrictEqual } from 'node:util'
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { qualifiedNameErrors } from '../field-checks/index.ts'
import { immutableErrors, strategyOf } from '../strategy/index.ts'

type Parameters = Readonly<Record<string, string>>

interface StorageClass extends KubeObject {
  readonly provisioner: string
  readonly parameters?: Parameters
  readonly reclaimPolicy?: string
  readonly volumeBindingMode?: string
  readonly allowedTopologies?: readonly (JsonObject & {
    readonly matchLabelExpressions?: readonly (JsonObject & {
      readonly key: string
      readonly values?: readonly string[] | null
    })[]
  })[]
}

interface AttributesClass extends KubeObject {
  readonly driverName: string
  readonly parameters?: Parameters
}

const MOST_PARAMETERS = 512
const MOST_PARAMETER_BYTES = 256 * 1024
const RECLAIM_POLICIES = ['Delete', 'Retain']
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer']

function withClassDefaults(object: KubeObject): KubeObject {
  const { reclaimPolicy = 'Delete', volumeBindingMode = 'Immediate' } = object as StorageClass
  return { ...object, reclaimPolicy, volumeBindingMode }
}

/** What is wrong with classes of volumes (kubernetes, apis/storage/validation). */
function storageClassErrors(object: StorageClass): FieldError[] {
  const { reclaimPolicy = '', volumeBindingMode = '', parameters = {} } = object
  return [
    ...driverErrors(object.provisioner, 'provisioner'),
    ...parameterErrors(parameters),
    ...(reclaimPolicy === '' || RECLAIM_POLICIES.includes(reclaimPolicy)
      ? []
      : [notSupported('reclaimPolicy', reclaimPolicy, RECLAIM_POLICIES)]),
    ...(BINDING_MODES.includes(volumeBindingMode)
      ? []
      : [notSupported('volumeBindingMode', volumeBindingMode, BINDING_MODES)]),
    ...topologyErrors(object),
  ]
}

function driverErrors(name: string, field: string): FieldError[] {
  return name === '' ? [required(field)] : qualifiedNameErrors(name.toLowerCase(), field)
}

function parameterErrors(parameters: Parameters): FieldError[] {
  const entries = Object.entries(parameters)
  const limit = (most: number) => tooLong('parameters', `may not be more than ${most} bytes`)
  if (entries.length > MOST_PARAMETERS) return [limit(MOST_PARAMETERS)]
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0)
  return [
    ...(Object.hasOwn(parameters, '') ? [invalid('parameters', '', 'field can not be empty.')] : []),
    ...(bytes > MOST_PARAMETER_BYTES ? [limit(MOST_PARAMETER_BYTES)] : []),
  ]
}

function topologyErrors({ allowedTopologies = [] }: StorageClass): FieldError[] {
  return allowedTopologies.flatMap(({ matchLabelExpressions = [] }, index) => {
    const path = `allowedTopologies[${index}].matchLabelExpressions`
    if (matchLabelExpressions.length === 0) return [required(path)]
    const keys = matchLabelExpressions.map(({ key }) => key)
    return matchLabelExpressions.flatMap(({ key, values }, at) => {
      const field = `${path}[${at}]`
      return [
        ...((values ?? []).length === 0 ? [required(`${field}.values`)] : []),
        ...(values ?? []).flatMap((value, position, all) =>
          all.indexOf(value) < position ? [duplicate(`${field}.values[${position}]`, value)] : [],
        ),
        ...qualifiedNameErrors(key, `${field}.key`),
        ...(keys.indexOf(key) < at ? [duplicate(`${field}.key`, key)] : []),
      ]
    })
  })
}

function fixedErrors(object: KubeObject, old: KubeObject, names: readonly string[]): FieldError[] {
  return names
    .filter((name) => !isDeepStrictEqual(object[name] ?? {}, old[name] ?? {}))
    .map((name) => forbidden(name, `updates to ${name} are forbidden.`))
}

function attributesErrors({ driverName, parameters = {} }: AttributesClass): FieldError[] {
  return [
    ...driverErrors(driverName, 'driverName'),
    ...parameterErrors(parameters),
    ...(Object.keys(parameters).length === 0
      ? [required('parameters', 'must contain at least one key/value pair')]
      : []),
  ]
}

export const STORAGE_CLASS_STRATEGY = strategyOf({
  withDefaults: withClassDefaults,
  validate: (object) => storageClassErrors(object as StorageClass),
  validateUpdate: (object, old) => [
    ...storageClassErrors(object as StorageClass),
    ...fixedErrors(object, old, ['parameters', 'provisioner', 'reclaimPolicy']),
    ...immutableErrors(object.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode'),
  ],
})

export const ATTRIBUTES_CLASS_STRATEGY = strategyOf({
  validate: (object) => attributesErrors(object as AttributesClass),
  validateUpdate: (object, old) => [
    ...fixedErrors(object, old, ['driverName', 'parameters']),
    ...attributesErrors(object as AttributesClass),
  ],
})
