import type { JsonObject } from '../api/json.ts'
import { isStatus } from '../api/status.ts'
import { writeAllocated } from '../endpoints/index.ts'
import {
  BOOTSTRAP_CLUSTER_ROLE_BINDINGS,
  BOOTSTRAP_CLUSTER_ROLES,
  BOOTSTRAP_ROLE_BINDINGS,
  BOOTSTRAP_ROLES,
} from '../rbac/index.ts'
import type { KubeObject, ObjectRegistry, ResourceType } from '../registry/index.ts'
import type { ObjectSource } from './object-source.ts'
import type { StoredServices } from './stored-services.ts'

export interface BootstrapComponents {
  readonly registry: ObjectRegistry
  /** The type of a resource as the store names it. */
  typeOf(resource: string): ResourceType
}

/** Certificates, as PEM, by which servers that stand beside this one believe who a client is. */
interface AuthenticationTrust {
  /** Of clients. */
  readonly clientCa: string
  /** Of proxies that speak for clients. Who serves with Kubernetes' libraries wants to know of one, and says so again and again. */
  readonly frontProxyCa: string
}

const RBAC = 'rbac.authorization.k8s.io'
const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

/** These two are what the highest priorities are called. */
const PRIORITY_CLASSES: readonly KubeObject[] = [
  priorityClass(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
  priorityClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
]

/** Creates what every cluster has, where it is not there yet, in as few commits as can be. What somebody has changed stays as it is. */
export async function createBootstrapObjects(
  components: BootstrapComponents,
  options: AuthenticationTrust,
): Promise<void> {
  const groups: readonly (readonly [resource: string, objects: readonly KubeObject[]])[] = [
    ['namespaces', NAMESPACES.map(namespace)],
    [`clusterroles.${RBAC}`, BOOTSTRAP_CLUSTER_ROLES],
    [`clusterrolebindings.${RBAC}`, BOOTSTRAP_CLUSTER_ROLE_BINDINGS],
    [`roles.${RBAC}`, BOOTSTRAP_ROLES],
    [`rolebindings.${RBAC}`, BOOTSTRAP_ROLE_BINDINGS],
    ['priorityclasses.scheduling.k8s.io', PRIORITY_CLASSES],
    ['configmaps', [authenticationConfigMap(options)]],
  ]
  await Promise.all(
    groups.flatMap(([resource, objects]) =>
      objects.map((object) => createUnlessThere(components, resource, object)),
    ),
  )
}

/** The Service by which programs inside a cluster find its API server (kubernetes, pkg/controlplane/controller/kubernetesservice). */
export async function createKubernetesService(
  {
    registry,
    typeOf,
    objects,
    services,
  }: BootstrapComponents & { readonly objects: ObjectSource; readonly services: StoredServices },
  options: { readonly port: number },
): Promise<void> {
  const service: KubeObject = {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      clusterIP: services.first,
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: options.port }],
    },
  }
  const type = typeOf('services')
  if (objects.get('services', 'default', 'kubernetes')) return
  await writeAllocated(services, false, (assign) =>
    registry.create(type, assign(type.strategy.withDefaults(service))),
  )
}

async function createUnlessThere(
  { registry, typeOf }: BootstrapComponents,
  resource: string,
  object: KubeObject,
): Promise<void> {
  const type = typeOf(resource)
  try {
    await registry.create(type, type.strategy.withDefaults(object))
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists')) throw error
  }
}

function namespace(name: string): KubeObject {
  return { kind: 'Namespace', apiVersion: 'v1', metadata: { name } }
}

/** Where such servers look for them, with kubeadm's names (kubernetes, pkg/controlplane/controller/clusterauthenticationtrust). */
function authenticationConfigMap({ clientCa, frontProxyCa }: AuthenticationTrust): KubeObject {
  const metadata = { namespace: 'kube-system', name: 'extension-apiserver-authentication' }
  const data = {
    'client-ca-file': clientCa,
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-client-ca-file': frontProxyCa,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  }
  return { kind: 'ConfigMap', apiVersion: 'v1', metadata, data }
}

function priorityClass(name: string, value: number, description: string): KubeObject {
  const rest: JsonObject = { value, description }
  return { kind: 'PriorityClass', apiVersion: 'scheduling.k8s.io/v1', metadata: { name }, ...rest }
}
