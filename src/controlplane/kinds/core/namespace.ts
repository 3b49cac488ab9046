import { type FieldError, invalid } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, labelProblems, type Strategy, withMeta } from '../../registry/index.ts'
import { selectableFields } from '../../selectors/index.ts'
import { qualifiedNameErrors } from '../field-checks/index.ts'
import { type KindEntry, type KindTable, strategyOf } from '../strategy/index.ts'

interface Namespace extends KubeObject {
  readonly spec?: JsonObject & { readonly finalizers?: readonly string[] }
  readonly status?: JsonObject & { readonly phase?: string }
}

const NAME_LABEL = 'kubernetes.io/metadata.name'
/** Taken off when everything in the namespace is gone. */
const FINALIZER = 'kubernetes'
/** Without a domain, these are all that a finalizer may be called (kubernetes, apis/core/helper). */
const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion']

const NAMESPACE: Strategy = strategyOf({
  withDefaults: (object) => {
    const namespace = withNameLabel(object) as Namespace
    return { ...namespace, status: { ...namespace.status, phase: namespace.status?.phase || 'Active' } }
  },
  validateName: labelProblems,
  prepareForCreate: (object) => {
    const namespace = withNameLabel(object) as Namespace
    const finalizers = namespace.spec?.finalizers ?? []
    return {
      ...namespace,
      spec: {
        ...namespace.spec,
        finalizers: finalizers.includes(FINALIZER) ? finalizers : [...finalizers, FINALIZER],
      },
      status: { phase: 'Active' },
    }
  },
  prepareForUpdate: (object, old) => ({
    ...object,
    spec: { ...(object as Namespace).spec, finalizers: finalizersOf(old) },
    status: old.status,
  }),
  validate: (object) =>
    finalizersOf(object).flatMap((finalizer) => finalizerErrors(finalizer, 'spec.finalizers')),
  deletion: {
    begin: (object, old) => {
      const namespace = object as Namespace
      const terminating = { ...namespace, status: { ...namespace.status, phase: 'Terminating' } }
      // It ends when it is empty, which no time can be given for, and it has been ending since it was first asked to.
      const { deletionTimestamp = object.metadata.deletionTimestamp } = old.metadata
      return withMeta(terminating, { deletionTimestamp, deletionGracePeriodSeconds: undefined })
    },
    isHeld: (object) => finalizersOf(object).length > 0,
  },
})

const NAMESPACE_STATUS: Strategy = strategyOf({
  ...NAMESPACE,
  prepareForUpdate: (object, old) => ({ ...object, spec: old.spec }),
  validateUpdate: (object) => {
    const { phase = '' } = (object as Namespace).status ?? {}
    const isEnding = object.metadata.deletionTimestamp !== undefined
    const expected = isEnding ? 'Terminating' : 'Active'
    if (phase === expected) return []
    const when = isEnding ? '`deletionTimestamp` is not empty' : '`deletionTimestamp` is empty'
    return [invalid('status.Phase', phase, `may only be '${expected}' if ${when}`)]
  },
})

const NAMESPACE_FINALIZE: Strategy = strategyOf({
  ...NAMESPACE,
  prepareForUpdate: (object, old) => ({ ...object, status: old.status }),
  validateUpdate: (object) =>
    finalizersOf(object).flatMap((finalizer, index) =>
      finalizerErrors(finalizer, `spec.finalizers[${index}]`),
    ),
})

/** Of `v1`. */
export function namespaceKind(table: KindTable): KindEntry {
  return table.clusterScoped('namespaces', 'Namespace', NAMESPACE, {
    subresources: { status: NAMESPACE_STATUS, finalize: NAMESPACE_FINALIZE },
    selectableFields: selectableFields(['metadata.name', 'status.phase']),
  })
}

/** So that namespaces can be selected by their names; one that has none yet gets its label with it. */
function withNameLabel(object: KubeObject): KubeObject {
  const { name = '', labels } = object.metadata
  return name === '' ? object : withMeta(object, { labels: { ...labels, [NAME_LABEL]: name } })
}

function finalizersOf(object: KubeObject): readonly string[] {
  return (object as Namespace).spec?.finalizers ?? []
}

function finalizerErrors(finalizer: string, path: string): FieldError[] {
  const isKnown = finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)
  const detail = 'name is neither a standard finalizer name nor is it fully qualified'
  return [...qualifiedNameErrors(finalizer, path), ...(isKnown ? [] : [invalid(path, finalizer, detail)])]
}
