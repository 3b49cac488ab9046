import { notFound, StatusError } from '../api/status.ts'
import { forbiddenObject } from '../rbac/index.ts'
import type { KubeObject } from '../registry/index.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

export interface NamespaceSource {
  get(name: string): KubeObject | undefined
}

const IMMORTAL = ['default', 'kube-system', 'kube-public']

const NAMESPACES = { group: '', resource: 'namespaces' }

/** Access reviews ask about namespaces that need not exist. */
const REVIEW_GROUP = 'authorization.k8s.io'

/**
 * Nothing is made in a namespace that is not there, or that is being deleted, and some namespaces cannot be deleted
 * (k8s.io/apiserver, plugin/namespace/lifecycle). It is the first to be asked, before any plugin looks for what is in a namespace.
 */
export function namespaceLifecycle(namespaces: NamespaceSource): AdmissionPlugin {
  return {
    mutate(request) {
      if (request.operation === 'DELETE') requireMortal(request)
      else if (request.operation === 'CREATE') requireLiving(request, namespaces)
      return undefined
    },
  }
}

function requireMortal({ group, resource, subresource, name }: AdmissionRequest): void {
  if (group !== '' || resource !== 'namespaces' || subresource !== '' || !IMMORTAL.includes(name)) return
  throw forbiddenObject(NAMESPACES, name, 'this namespace may not be deleted')
}

function requireLiving({ group, resource, namespace, name }: AdmissionRequest, namespaces: NamespaceSource) {
  if (namespace === '' || (group === '' && resource === 'namespaces') || group === REVIEW_GROUP) return
  const found = namespaces.get(namespace)
  if (!found) throw notFound(NAMESPACES, namespace)
  if (found.metadata.deletionTimestamp === undefined) return
  const qualified = group === '' ? resource : `${resource}.${group}`
  throw new StatusError(
    'Forbidden',
    `${qualified} ${JSON.stringify(name)} is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: resource,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  )
}
