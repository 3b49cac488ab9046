import type { Frame } from '../../../cel/evaluator.ts'
import { plainValue } from '../../../cel/plain-value.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { VersionedObjects } from '../match/index.ts'

export interface ActivationOptions extends VersionedObjects {
  /** See requestFields. */
  readonly request: JsonObject
  /** That in which the request takes place; undefined for what is in none. */
  readonly namespace?: KubeObject | undefined
}

/** What the names of ADMISSION_SCOPE stand for in one request. */
export function activation({ object, oldObject, request, namespace }: ActivationOptions): Frame {
  const names = { object, oldObject, request, namespaceObject: namespace && shownNamespace(namespace) }
  let frame: Frame | undefined
  for (const [name, value] of Object.entries(names))
    frame = { name, value: plainValue(value ?? null), outer: frame }
  return frame as Frame
}

/** Of a namespace, expressions do not see who manages and owns it. */
function shownNamespace({ metadata, spec, status }: KubeObject): JsonObject {
  const { managedFields: _, ownerReferences: __, ...shown } = metadata
  return { metadata: shown, ...(spec ? { spec } : {}), ...(status ? { status } : {}) }
}
