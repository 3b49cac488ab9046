import { memberAt, withMemberAt } from '../../common/json-tools.ts'
import { type FieldError, invalid } from '../api/field-error.ts'
import type { JsonObject, JsonValue } from '../api/json.ts'
import { StatusError } from '../api/status.ts'
import type { KubeObject } from '../registry/index.ts'
import type { ScaleSubresource } from './definition/definition.ts'

const MAX_INT32 = 2 ** 31 - 1

/** The replicas of a custom object, as `/scale` has them (pkg/registry/customresource/etcd.go). */
export class ScaleMapping {
  readonly #specPath: string
  readonly #statusPath: string
  readonly #selectorPath: string

  constructor({ specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' }: ScaleSubresource) {
    this.#specPath = specReplicasPath
    this.#statusPath = statusReplicasPath
    this.#selectorPath = labelSelectorPath
  }

  /** Where the wanted number is in an object. */
  get replicasPath(): readonly string[] {
    return namesOf(this.#specPath)
  }

  /** As autoscaling/v1 Scale. @throws StatusError InternalError when the object says no replicas */
  read(object: KubeObject): KubeObject {
    const replicas = memberAt(object, namesOf(this.#specPath))
    if (typeof replicas !== 'number')
      throw internalError(`the spec replicas field ${JSON.stringify(this.#specPath)} does not exist`)
    const selector = this.#selectorPath === '' ? undefined : memberAt(object, namesOf(this.#selectorPath))
    const status = memberAt(object, namesOf(this.#statusPath))
    const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
    return {
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: {
        ...(name === undefined ? {} : { name }),
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      },
      spec: replicas === 0 ? {} : { replicas },
      status: {
        replicas: typeof status === 'number' ? status : 0,
        ...(typeof selector === 'string' && selector !== '' ? { selector } : {}),
      },
    }
  }

  /** The object with as many replicas as the scale wants; one that says nothing wants none. */
  write(object: KubeObject, scale: KubeObject): KubeObject {
    const wanted = memberAt(scale, ['spec', 'replicas']) ?? 0
    return withMemberAt(object, namesOf(this.#specPath), wanted) as KubeObject
  }

  specErrors(object: JsonObject): FieldError[] {
    return replicaErrors(object, this.#specPath)
  }

  statusErrors(object: JsonObject): FieldError[] {
    const selector = this.#selectorPath === '' ? undefined : memberAt(object, namesOf(this.#selectorPath))
    const isWrong = selector !== undefined && typeof selector !== 'string'
    return [
      ...replicaErrors(object, this.#statusPath),
      ...(isWrong
        ? [invalid(this.#selectorPath, '', wrongType(this.#selectorPath, selector, 'string'))]
        : []),
    ]
  }
}

function namesOf(path: string): string[] {
  return path.replace(/^\./, '').split('.')
}

function replicaErrors(object: JsonObject, path: string): FieldError[] {
  const value = memberAt(object, namesOf(path))
  if (value === undefined) return []
  if (typeof value !== 'number' || !Number.isInteger(value))
    return [invalid(path, 0, wrongType(path, value, 'int64'))]
  if (value < 0) return [invalid(path, value, 'should be a non-negative integer')]
  return value > MAX_INT32 ? [invalid(path, value, `should be less than or equal to ${MAX_INT32}`)] : []
}

function wrongType(path: string, value: JsonValue, expected: string): string {
  const printed = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return `.${namesOf(path).join('.')} accessor error: ${printed} is of the type ${goType(value)}, expected ${expected}`
}

function goType(value: JsonValue): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'bigint') return 'int64'
  if (typeof value === 'object') return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : 'string'
}

function internalError(message: string): StatusError {
  return new StatusError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
}
