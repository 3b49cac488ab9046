import type { KubeObject } from '../../registry/index.ts'
import { type PodTemplateSpec, podTemplateDefaults, podTemplateErrors } from '../pod/index.ts'
import { type KindEntry, type KindTable, strategyOf } from '../strategy/index.ts'

interface PodTemplate extends KubeObject {
  readonly template?: PodTemplateSpec
}

/** Of `v1`. */
export function podTemplateKind(table: KindTable): KindEntry {
  const errors = (object: KubeObject) => podTemplateErrors((object as PodTemplate).template ?? {}, 'template')
  const strategy = strategyOf({
    countsGenerations: true,
    allowsCreateOnUpdate: true,
    withDefaults: (object) => ({
      ...object,
      template: podTemplateDefaults((object as PodTemplate).template ?? {}),
    }),
    validate: errors,
    validateUpdate: errors,
  })
  return table.namespaced('podtemplates', 'PodTemplate', strategy)
}
