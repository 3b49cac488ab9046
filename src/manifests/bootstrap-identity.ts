import type { Secret, ServiceAccount } from '../apis/core/v1.ts'
import type { KubeObject } from '../apis/meta/v1.ts'
import { allow, VIEW } from './policy-rules.ts'
import { clusterRole, clusterRoleBinding, groupSubject, serviceAccountSubject } from './rbac.ts'

/** Agents that are not known yet show a token of this service account, or a bootstrap token of this group. */
export const BOOTSTRAP_SERVICE_ACCOUNT = 'agent-registration-bootstrap'
export const BOOTSTRAP_GROUP = 'system:bootstrappers:managedcluster'
export const BOOTSTRAP_TOKEN_ID = 'ocmhub'
export const BOOTSTRAP_CLUSTER_ROLE = 'open-cluster-management:bootstrap'

const CLUSTER_GROUP = 'cluster.open-cluster-management.io'

/** What an agent needs to ask for its identity. */
export function bootstrapClusterRole(): KubeObject {
  return clusterRole({ name: BOOTSTRAP_CLUSTER_ROLE }, [
    allow(['get'], '', ['configmaps']),
    allow(['create', ...VIEW], 'certificates.k8s.io', ['certificatesigningrequests']),
    allow(['get', 'create', 'list', 'watch'], CLUSTER_GROUP, ['managedclusters']),
    allow(['create'], CLUSTER_GROUP, ['managedclustersets/join']),
  ])
}

export function bootstrapServiceAccount(namespace: string): ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: BOOTSTRAP_SERVICE_ACCOUNT, namespace },
  }
}

export function bootstrapServiceAccountBinding(namespace: string): KubeObject {
  return clusterRoleBinding(
    { name: 'open-cluster-management:bootstrap:agent-registration' },
    BOOTSTRAP_CLUSTER_ROLE,
    serviceAccountSubject(namespace, BOOTSTRAP_SERVICE_ACCOUNT),
  )
}

export function bootstrapTokenBinding(): KubeObject {
  return clusterRoleBinding(
    { name: 'open-cluster-management:bootstrap:managedcluster' },
    BOOTSTRAP_CLUSTER_ROLE,
    groupSubject(BOOTSTRAP_GROUP),
  )
}

/** A bootstrap token `ocmhub.<secret>`; the secret is 16 characters of `a-z0-9`. Without an end of its validity. */
export function bootstrapTokenSecret(secret: string, labels: Readonly<Record<string, string>>): Secret {
  const fields = {
    'token-id': BOOTSTRAP_TOKEN_ID,
    'token-secret': secret,
    'usage-bootstrap-authentication': 'true',
    'auth-extra-groups': BOOTSTRAP_GROUP,
  }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `bootstrap-token-${BOOTSTRAP_TOKEN_ID}`, namespace: 'kube-system', labels },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(
      Object.entries(fields).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    ),
  }
}
