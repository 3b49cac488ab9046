import { isJsonObject } from '../api/json.ts'
import { withRequester } from '../kinds/certificates/index.ts'
import { type Authorizer, forbiddenObject } from '../rbac/index.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

const GROUP = 'certificates.k8s.io'
const RESOURCE = 'certificatesigningrequests'

/** Whatever a request for a certificate says of who has made it, it is who has. */
export const REQUESTER: AdmissionPlugin = {
  mutate({ operation, group, resource, subresource, object, user }) {
    const isNew = operation === 'CREATE' && group === GROUP && resource === RESOURCE && subresource === ''
    return isNew && object ? withRequester(object, user) : undefined
  },
}

/**
 * Certificates are approved and signed only by those who may do so for their signer (kubernetes, plugin/pkg/admission/certificates).
 */
export function signerRights(authorizer: Authorizer): AdmissionPlugin {
  return {
    validate(request) {
      const { operation, group, resource, subresource, oldObject } = request
      if (operation !== 'UPDATE' || group !== GROUP || resource !== RESOURCE || !oldObject) return
      const signer = isJsonObject(oldObject.spec) ? String(oldObject.spec.signerName ?? '') : ''
      if (subresource === 'approval') requireRight(authorizer, request, 'approve', signer)
      else if (subresource === 'status' && isSigned(request))
        requireRight(authorizer, request, 'sign', signer)
    },
  }
}

function isSigned({ object, oldObject }: AdmissionRequest): boolean {
  const certificate = (status: unknown) => (isJsonObject(status) ? status.certificate : undefined)
  return certificate(object?.status) !== certificate(oldObject?.status)
}

/** A right to one signer, or to all of its domain. */
function requireRight(
  authorizer: Authorizer,
  { user, name }: AdmissionRequest,
  verb: 'approve' | 'sign',
  signer: string,
): void {
  const domain = `${signer.slice(0, Math.max(signer.indexOf('/'), 0))}/*`
  const isAllowed = [signer, domain].some((each) => {
    const attributes = { isResource: true, verb, group: GROUP, resource: 'signers', subresource: '' } as const
    return authorizer.authorize(user, { ...attributes, namespace: '', name: each }).allowed
  })
  if (isAllowed) return
  throw forbiddenObject(
    { group: GROUP, resource: RESOURCE },
    name,
    `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`,
  )
}
