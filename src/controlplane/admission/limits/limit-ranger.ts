import { forbiddenObject } from '../../rbac/index.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts'
import { newPod } from '../pod-shape.ts'
import { requestName } from '../request-name.ts'
import { withContainerDefaults } from './container-defaults.ts'
import { claimProblems, podProblems } from './limit-items.ts'

export interface LimitRangeSource {
  /** Those of a namespace. */
  list(namespace: string): readonly KubeObject[]
}

/**
 * Gives the containers of a new pod what the LimitRanges of its namespace have for those that say nothing, and refuses pods and claims
 * that ask for less or more than these allow (kubernetes, plugin/pkg/admission/limitranger).
 */
export function limitRanger(ranges: LimitRangeSource): AdmissionPlugin {
  return {
    mutate(request) {
      const pod = newPod(request)
      if (!pod) return undefined
      return ranges.list(request.namespace).reduce((each, range) => withContainerDefaults(range, each), pod)
    },
    validate(request) {
      const problemsBy = rulesFor(request)
      if (!problemsBy) return
      for (const range of ranges.list(request.namespace)) {
        const problems = [...new Set(problemsBy(range))]
        if (problems.length > 0) throw refusal(request, problems)
      }
    },
  }
}

function rulesFor(request: AdmissionRequest): ((range: KubeObject) => string[]) | undefined {
  const { operation, group, resource, subresource, object, oldObject } = request
  const pod = newPod(request)
  if (pod) return (range) => podProblems(range, pod)
  if (!object || group !== '' || resource !== 'persistentvolumeclaims' || subresource !== '') return undefined
  if (operation === 'UPDATE' && oldObject?.metadata.deletionTimestamp !== undefined) return undefined
  return (range) => claimProblems(range, object)
}

function refusal(request: AdmissionRequest, problems: readonly string[]) {
  const { group, resource } = request
  const detail = problems.length === 1 ? (problems[0] as string) : `[${problems.join(', ')}]`
  return forbiddenObject({ group, resource }, requestName(request), detail)
}
