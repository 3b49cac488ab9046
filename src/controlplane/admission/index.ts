export { AdmissionChain, type AdmissionPlugin, type AdmissionRequest } from './admission.ts'
export { type NamespaceSource, namespaceLifecycle } from './namespace-lifecycle.ts'
export { roleEscalation } from './role-escalation.ts'
export { REQUESTER, signerRights } from './signing-requests.ts'
