import { isDeepStrictEqual } from 'node:util'
import { type FieldError, invalid } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { hasCondition } from './job-conditions.ts'
import type { Job, JobSpec } from './job-shape.ts'

type Template = JobSpec['template']
type Containers = readonly (JsonObject & { readonly name?: string })[]

/**
 * What may not be changed about the pods of a Job: all of it, except while it waits, where they go and what they take
 * (kubernetes, apis/batch/validation, validatePodTemplateUpdate).
 */
export function templateChangeErrors(job: Job, old: Job): FieldError[] {
  const { template } = job.spec
  const before = old.spec.template
  if (isWaiting(old)) {
    const spec = withResources(withScheduling(before.spec, template.spec), template.spec)
    if (isDeepStrictEqual(template.spec, spec)) return []
    return [invalid('spec.template.spec', template.spec, 'field is immutable')]
  }
  if (isDeepStrictEqual(template, before)) return []
  return [invalid('spec.template', template, 'field is immutable')]
}

/** It is suspended, and has no pods that would be of another template: it has never started, or all have ended. */
function isWaiting({ spec, status }: Job): boolean {
  const isAtRest = status.startTime === undefined || hasCondition(status, 'Suspended')
  return spec.suspend === true && isAtRest && (status.active ?? 0) === 0
}

function withScheduling(spec: Template['spec'], other: Template['spec']): JsonObject {
  const { affinity, nodeSelector: _, tolerations: __, schedulingGates: ___, ...rest } = { ...spec }
  return defined({
    ...rest,
    nodeSelector: other?.nodeSelector,
    tolerations: other?.tolerations,
    schedulingGates: other?.schedulingGates,
    affinity: withNodeAffinity(affinity as JsonObject | undefined, other?.affinity as JsonObject | undefined),
  })
}

function withNodeAffinity(affinity?: JsonObject, other?: JsonObject): JsonObject | undefined {
  const { nodeAffinity: _, ...rest } = affinity ?? {}
  if (!other && Object.keys(rest).length === 0) return undefined
  return defined({ ...rest, nodeAffinity: other?.nodeAffinity })
}

function withResources(spec: JsonObject, other: Template['spec']): JsonObject {
  const taken = (name: 'containers' | 'initContainers') =>
    takenResources(spec[name] as Containers | undefined, other?.[name] as Containers | undefined)
  return defined({ ...spec, containers: taken('containers'), initContainers: taken('initContainers') })
}

/** Only of containers that are at the same place by the same name. */
function takenResources(containers?: Containers, others?: Containers): Containers | undefined {
  if (containers?.length !== others?.length) return containers
  return containers?.map((container, index) => {
    const other = others?.[index]
    return other?.name === container.name ? defined({ ...container, resources: other?.resources }) : container
  })
}

function defined<T extends JsonObject>(object: { [Name in keyof T]: T[Name] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}
