import type { KubeObject } from '../../apis/meta/v1.ts'
import { Applier, type KubeClient, RestMapper } from '../../kube/index.ts'

const NAMESPACE = 'kube-public'
const NAME = 'cluster-info'
const ROLE = 'kubeadm:bootstrap-signer-clusterinfo'
const RBAC = 'rbac.authorization.k8s.io'

export interface ApiFacts {
  /** Such as `https://127.64.0.1:6443`. */
  readonly server: string
  /** PEM. */
  readonly ca: string
}

/** Tells everybody where the API is and by which CA to trust it, as kubeadm does: in a ConfigMap that may be read without a name. */
export async function publishClusterInfo(client: KubeClient, facts: ApiFacts): Promise<void> {
  const applier = new Applier({ client, mapper: new RestMapper(client) }, { fieldManager: 'local-cluster' })
  for (const object of clusterInfoObjects(facts)) await applier.apply(object)
}

function clusterInfoObjects({ server, ca }: ApiFacts) {
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: '', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
  }
  const metadata = { namespace: NAMESPACE, name: ROLE }
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: NAMESPACE, name: NAME },
      data: { kubeconfig: JSON.stringify(kubeconfig) },
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [NAME], verbs: ['get'] }],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'Role', name: ROLE },
      subjects: [{ apiGroup: RBAC, kind: 'User', name: 'system:anonymous' }],
    },
  ] satisfies (KubeObject & Record<string, unknown>)[]
}
