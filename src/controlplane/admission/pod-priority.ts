import type { KubeObject } from '../registry/index.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'
import { newPod, podRefusal, specOf } from './pod-shape.ts'

export interface PriorityClassSource {
  get(name: string): KubeObject | undefined
  /** All of them. */
  list(): readonly KubeObject[]
}

const PREEMPTION = 'PreemptLowerPriority'

/** A pod's priority is that of its class (kubernetes, plugin/pkg/admission/priority). */
export function podPriority(classes: PriorityClassSource): AdmissionPlugin {
  return {
    mutate(request) {
      const pod = newPod(request)
      if (!pod) return undefined
      const spec = specOf(pod)
      const found = classOf(classes, request, spec.priorityClassName)
      const priority = typeof found?.value === 'number' ? found.value : 0
      if (typeof spec.priority === 'number' && spec.priority !== priority) {
        throw podRefusal(
          request,
          `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
        )
      }
      const preemptionPolicy = found?.preemptionPolicy ?? PREEMPTION
      const name = found?.metadata.name
      return {
        ...pod,
        spec: {
          ...spec,
          ...(name === undefined ? {} : { priorityClassName: name }),
          priority,
          preemptionPolicy,
        },
      }
    },
  }
}

/** Without a name it is that class which is everybody's default, the lowest if several are. */
function classOf(
  classes: PriorityClassSource,
  request: AdmissionRequest,
  name: unknown,
): KubeObject | undefined {
  if (typeof name === 'string' && name !== '') {
    const found = classes.get(name)
    if (found) return found
    throw podRefusal(request, `no PriorityClass with name ${name} was found`)
  }
  const defaults = classes.list().filter(({ globalDefault }) => globalDefault === true)
  return defaults.sort((one, other) => Number(one.value) - Number(other.value))[0]
}
