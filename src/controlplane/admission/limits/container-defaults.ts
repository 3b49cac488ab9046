import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { type KubeObject, withMeta } from '../../registry/index.ts'
import { type Amounts, amountsOf } from '../amounts/index.ts'
import { objectsOf, specOf } from '../pod-shape.ts'
import { limitItems } from './limit-items.ts'

const ANNOTATION = 'kubernetes.io/limit-ranger'

const KINDS = [
  ['requests', 'defaultRequest', 'request'],
  ['limits', 'default', 'limit'],
] as const

/** The pod, whose containers ask for what a LimitRange says where they ask for nothing; an annotation says what that was. */
export function withContainerDefaults(range: KubeObject, pod: KubeObject): KubeObject {
  const defaults = limitItems(range, 'Container')
  if (defaults.length === 0) return pod
  const spec = specOf(pod)
  const notes: string[] = []
  const filled = (containers: JsonObject[string], called: string) =>
    objectsOf(containers).map((container) => withDefaults(container, defaults, called, notes))
  const containers = filled(spec.containers, 'container')
  const initContainers = filled(spec.initContainers, 'init container')
  if (notes.length === 0) return pod
  const annotations = {
    ...pod.metadata.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`,
  }
  return {
    ...withMeta(pod, { annotations }),
    spec: { ...spec, containers, ...(initContainers.length > 0 ? { initContainers } : {}) },
  }
}

function withDefaults(
  container: JsonObject,
  defaults: readonly JsonObject[],
  called: string,
  notes: string[],
): JsonObject {
  let resources = isJsonObject(container.resources) ? container.resources : {}
  for (const [list, source, word] of KINDS) {
    const given = amountsOf(resources[list])
    const missing: Amounts = new Map(
      defaults.flatMap((item) => [...amountsOf(item[source])]).filter(([name]) => !given.has(name)),
    )
    if (missing.size === 0) continue
    resources = { ...resources, [list]: Object.fromEntries([...given, ...missing]) }
    notes.push(`${[...missing.keys()].sort().join(', ')} ${word} for ${called} ${String(container.name)}`)
  }
  return { ...container, resources }
}
