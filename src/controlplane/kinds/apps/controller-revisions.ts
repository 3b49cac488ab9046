import { type FieldError, required } from '../../api/field-error.ts'
import type { JsonValue } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { nonNegativeErrors } from '../field-checks/index.ts'
import { immutableErrors, strategyOf } from '../strategy/index.ts'

interface ControllerRevision extends KubeObject {
  readonly data?: JsonValue
  readonly revision: number
}

function revisionErrors(revision: ControllerRevision): FieldError[] {
  return [
    ...((revision.data ?? null) === null ? [required('data', 'data is mandatory')] : []),
    ...nonNegativeErrors(revision.revision, 'revision'),
  ]
}

export const CONTROLLER_REVISION_STRATEGY = strategyOf({
  validate: (revision) => revisionErrors(revision as ControllerRevision),
  validateUpdate: (updated, old) => {
    const revision = updated as ControllerRevision
    return [
      ...revisionErrors(revision),
      ...immutableErrors(revision.data, (old as ControllerRevision).data, 'data'),
    ]
  },
})
