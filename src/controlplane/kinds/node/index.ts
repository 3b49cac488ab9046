import { duplicate, type FieldError } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, labelProblems } from '../../registry/index.ts'
import { type Labels, labelsErrors } from '../../selectors/index.ts'
import { immutableErrors, type KindEntry, KindTable, nameErrors, strategyOf } from '../strategy/index.ts'

interface RuntimeClass extends KubeObject {
  readonly handler: string
  readonly scheduling?: JsonObject & {
    readonly nodeSelector?: Labels
    readonly tolerations?: readonly JsonObject[]
  }
}

/** What is wrong with a RuntimeClass (kubernetes, apis/node/validation). */
function classErrors({ handler, scheduling }: RuntimeClass): FieldError[] {
  const { nodeSelector = {}, tolerations = [] } = scheduling ?? {}
  const texts = tolerations.map((toleration) => JSON.stringify(toleration))
  return [
    ...nameErrors(handler, 'handler', labelProblems),
    ...labelsErrors(nodeSelector, 'scheduling.nodeSelector'),
    ...tolerations.flatMap((toleration, index) =>
      texts.indexOf(JSON.stringify(toleration)) < index
        ? [duplicate(`scheduling.tolerations[${index}]`, toleration)]
        : [],
    ),
  ]
}

const RUNTIME_CLASS_STRATEGY = strategyOf({
  allowsUnconditionalUpdate: false,
  validate: (object) => classErrors(object as RuntimeClass),
  validateUpdate: (object, old) => immutableErrors(object.handler, old.handler, 'handler'),
})

export const NODE_KINDS: readonly KindEntry[] = [
  new KindTable('node.k8s.io').clusterScoped('runtimeclasses', 'RuntimeClass', RUNTIME_CLASS_STRATEGY),
]
