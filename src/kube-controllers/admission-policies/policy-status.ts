import type { ValidatingAdmissionPolicy } from '../../apis/admissionregistration/v1.ts'
import { VALIDATING_ADMISSION_POLICIES } from '../../apis/resources.ts'
import { type Controller, isNotFound } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'

const FIELD_MANAGER = 'validatingadmissionpolicy-status'

/**
 * Tells in the status of policies which generation of them is in force (kube-controller-manager's
 * `validatingadmissionpolicy-status-controller`). Other than the original it does not check the types of their expressions, and so says
 * nothing of that.
 */
export function addPolicyStatusController({ manager, client }: ControllerContext): Controller {
  const informer = manager.informers.for<ValidatingAdmissionPolicy>(VALIDATING_ADMISSION_POLICIES)
  const policies = client.resource<ValidatingAdmissionPolicy>(VALIDATING_ADMISSION_POLICIES)
  return manager
    .controller({
      name: FIELD_MANAGER,
      async reconcile({ name }, { signal }) {
        const policy = informer.store.get({ name })
        if (!policy || policy.metadata.deletionTimestamp) return
        const { generation = 0, uid } = policy.metadata
        if (generation <= (policy.status?.observedGeneration ?? 0)) return
        const applied = {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'ValidatingAdmissionPolicy',
          metadata: { name, uid },
          status: { observedGeneration: generation },
        }
        await policies
          .apply(applied, { fieldManager: FIELD_MANAGER, force: true, subresource: 'status', signal })
          .catch((error) => {
            if (!isNotFound(error)) throw error
          })
      },
    })
    .watch(informer)
}
