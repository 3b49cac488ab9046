import type { JsonObject } from '../../api/json.ts'
import type { BuiltinKind } from '../../kinds/builtin-kind.ts'
import { type KubeObject, type Strategy, subdomainProblems, withMeta } from '../../registry/index.ts'
import { DEFINITION_GROUP, type DefinitionStatus, definitionOf } from './definition.ts'
import { storageVersions, withDefinitionDefaults } from './definition-defaults.ts'
import { CLEANUP_FINALIZER, DELETION_PENDING, withCondition } from './definition-status.ts'
import { acceptedNamesErrors, definitionErrors, definitionUpdateErrors } from './definition-validation.ts'

/** The rules of definitions (pkg/registry/customresourcedefinition). */
const strategy: Strategy = {
  countsGenerations: true,
  allowsUnconditionalUpdate: false,
  allowsCreateOnUpdate: false,
  withDefaults: withDefinitionDefaults,
  validateName: subdomainProblems,
  prepareForCreate: (object) => {
    const storedVersions = storageVersions(definitionOf(object).spec)
    return withStatus(object, { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions })
  },
  prepareForUpdate: (object, old) => {
    const { status } = definitionOf(old)
    const stored = status.storedVersions ?? []
    const added = storageVersions(definitionOf(object).spec).filter((name) => !stored.includes(name))
    return withStatus(
      object,
      added.length === 0 ? status : { ...status, storedVersions: [...stored, ...added] },
    )
  },
  validate: (object) => definitionErrors(definitionOf(object)),
  validateUpdate: (object, old) => definitionUpdateErrors(definitionOf(object), definitionOf(old)),
  deletion: { begin: (object, old) => withCleanup(object, old) },
}

/** Its objects go before it does. It counts no generation for that, and has no time. */
function withCleanup(object: KubeObject, old: KubeObject): KubeObject {
  const { finalizers = [], deletionTimestamp = '' } = object.metadata
  const marked = withMeta(object, {
    generation: old.metadata.generation,
    deletionGracePeriodSeconds: undefined,
    finalizers: finalizers.includes(CLEANUP_FINALIZER) ? finalizers : [...finalizers, CLEANUP_FINALIZER],
  })
  const status = withCondition(definitionOf(object).status, DELETION_PENDING, Date.parse(deletionTimestamp))
  return withStatus(marked, status)
}

const statusStrategy: Strategy = {
  ...strategy,
  // Labels and the like may come with a status, as in the original.
  prepareForUpdate: (object, old) => ({ ...object, spec: old.spec }),
  validateUpdate: (object) => acceptedNamesErrors(definitionOf(object)),
}

function withStatus(object: KubeObject, status: DefinitionStatus): KubeObject {
  return { ...object, status: status as JsonObject }
}

export const customResourceDefinitionKind: BuiltinKind = {
  type: {
    group: DEFINITION_GROUP,
    version: 'v1',
    resource: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
    strategy,
  },
  subresources: { status: statusStrategy },
}
