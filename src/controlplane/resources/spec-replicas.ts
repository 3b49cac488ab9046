import { isJsonObject, type JsonValue } from '../api/json.ts'
import type { KubeObject } from '../registry/index.ts'
import { compileLabelSelector, type StructuredLabelSelector } from '../selectors/index.ts'
import type { Scaling } from './served-resource.ts'

/** As Deployments and their like are scaled. */
export const SPEC_REPLICAS: Scaling = {
  replicasPath: ['spec', 'replicas'],
  replicas: ({ spec }) => numberIn(spec, 'replicas'),
  currentReplicas: ({ status }) => numberIn(status, 'replicas'),
  selector: ({ spec }) => selectorText(isJsonObject(spec) ? spec.selector : undefined),
  withReplicas: (object, replicas): KubeObject => ({
    ...object,
    spec: { ...(isJsonObject(object.spec) ? object.spec : {}), replicas },
  }),
}

function numberIn(value: JsonValue | undefined, name: string): number {
  const number = isJsonObject(value) ? value[name] : undefined
  return typeof number === 'number' ? number : 0
}

/** That of a ReplicationController is a map of labels only. */
function selectorText(selector: JsonValue | undefined): string {
  if (!isJsonObject(selector)) return ''
  const isStructured = isJsonObject(selector.matchLabels) || Array.isArray(selector.matchExpressions)
  return compileLabelSelector(
    isStructured ? selector : ({ matchLabels: selector } as StructuredLabelSelector),
  ).toString()
}
