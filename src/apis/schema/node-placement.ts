import { list, map, object, string } from './builder.ts'
import { toleration } from './kubernetes.ts'
import type { Infer } from './schema.ts'

export const nodePlacement = object('On which nodes the Pods are to run.', {
  nodeSelector: map('Labels that the nodes must have.', string('The value.')),
  tolerations: list('Taints of nodes that are no obstacle.', toleration()),
})
/** On which nodes the Pods are to run. */
export interface NodePlacement extends Infer<typeof nodePlacement> {}
