import type { PolicyRule } from '../../../apis/rbac/v1.ts'
import { clusterRole, clusterRoleBinding, serviceAccountSubject } from '../../../manifests/rbac.ts'
import type { Manifest } from '../../apply/manifest.ts'
import type { HubConfig } from '../hub-config.ts'

/** A service account of the hub's namespace. */
export function hubServiceAccount(
  { namespace, labels }: HubConfig,
  name: string,
  annotations?: Readonly<Record<string, string>>,
): Manifest {
  const metadata = { name, namespace, labels, ...(annotations && { annotations }) }
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata }
}

/** A ClusterRole of the hub; `suffix` as in `open-cluster-management:cluster-manager-<suffix>`. */
export function hubClusterRole(config: HubConfig, suffix: string, rules: readonly PolicyRule[]): Manifest {
  return clusterRole({ name: hubRoleName(config, suffix), labels: config.labels }, rules) as Manifest
}

/** A binding of a ClusterRole to a service account, by default under the role's own name. */
export function hubClusterRoleBinding(
  config: HubConfig,
  role: string,
  serviceAccount: string,
  suffix: string = role,
): Manifest {
  const { namespace, labels } = config
  return clusterRoleBinding(
    { name: hubRoleName(config, suffix), labels },
    hubRoleName(config, role),
    serviceAccountSubject(namespace, serviceAccount),
  ) as Manifest
}

/** The service account, and the rights that it has in all namespaces. */
export function accountWithRole(
  config: HubConfig,
  suffix: string,
  serviceAccount: string,
  rules: readonly PolicyRule[],
): Manifest[] {
  return [
    hubClusterRole(config, suffix, rules),
    hubClusterRoleBinding(config, suffix, serviceAccount),
    hubServiceAccount(config, serviceAccount),
  ]
}

function hubRoleName({ name }: HubConfig, suffix: string): string {
  return `open-cluster-management:${name}-${suffix}`
}
