import type { JsonObject } from '../api/json.ts'
import type { AdmissionPlugin } from './admission.ts'
import { newPod, objectsOf, specOf } from './pod-shape.ts'

const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
const EFFECT = 'NoExecute'
const SECONDS = 300

/** A pod stays for a while on a node that has stopped to answer (kubernetes, plugin/pkg/admission/defaulttolerationseconds). */
export const DEFAULT_TOLERATIONS: AdmissionPlugin = {
  mutate(request) {
    const pod = newPod(request)
    if (!pod) return undefined
    const spec = specOf(pod)
    const tolerations = objectsOf(spec.tolerations)
    const missing = TAINTS.filter((taint) => !tolerations.some((each) => tolerates(each, taint)))
    if (missing.length === 0) return undefined
    const added = missing.map((key) => ({
      key,
      operator: 'Exists',
      effect: EFFECT,
      tolerationSeconds: SECONDS,
    }))
    return { ...pod, spec: { ...spec, tolerations: [...tolerations, ...added] } }
  },
}

/** What is left empty means all. */
function tolerates({ key, effect }: JsonObject, taint: string): boolean {
  return (isEmpty(key) || key === taint) && (isEmpty(effect) || effect === EFFECT)
}

function isEmpty(value: JsonObject[string]): boolean {
  return value === undefined || value === ''
}
