import type { Deployment, ReplicaSet } from '../../apis/apps/v1.ts'
import { withController } from '../../kube/index.ts'
import { currentAnnotations, sizeAnnotations } from './revisions.ts'
import { currentSize } from './rolling-update.ts'
import { TEMPLATE_HASH_LABEL, templateHash } from './template-hash.ts'

const LONGEST_NAME = 253

/** The ReplicaSet of a Deployment's template, as it is to be created beside the others. */
export function newReplicaSet(
  deployment: Deployment,
  others: readonly ReplicaSet[],
  revision: number,
): ReplicaSet {
  const { metadata, spec, status } = deployment
  const { namespace = '', name = '' } = metadata
  const hash = templateHash(spec.template, status?.collisionCount)
  const labels = { ...spec.template.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash }
  const { matchLabels, ...selector } = spec.selector
  const set: ReplicaSet = {
    kind: 'ReplicaSet',
    metadata: {
      namespace,
      name: `${name.slice(0, LONGEST_NAME - hash.length - 1)}-${hash}`,
      labels,
      annotations: {
        ...currentAnnotations(deployment, undefined, revision),
        ...sizeAnnotations(deployment),
      },
    },
    spec: {
      replicas: 0,
      ...(spec.minReadySeconds && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...selector, matchLabels: { ...matchLabels, [TEMPLATE_HASH_LABEL]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  }
  const replicas = currentSize(deployment, set, others)
  return { ...set, metadata: withController(set, deployment), spec: { ...set.spec, replicas } }
}
