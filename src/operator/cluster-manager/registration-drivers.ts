import type { ClusterManagerSpec } from '../../apis/operator/v1.ts'

const EKS_ARN = /^arn:aws:eks:[^:]*:(?<account>\d{12}):cluster\/(?<cluster>.+)$/

/** Flags of the registration controller by which it knows how agents may register. */
export function registrationDriverFlags(spec: ClusterManagerSpec): string[] {
  const drivers = spec.registrationConfiguration?.registrationDrivers ?? []
  const csr = drivers.find(({ authType }) => authType === 'csr')?.csr
  const aws = drivers.find(({ authType }) => authType === 'awsirsa')?.awsirsa
  return [
    ...flag('hub-cluster-arn', aws?.hubClusterArn),
    ...flag('enabled-registration-drivers', drivers.map(({ authType }) => authType).join(',')),
    ...flag('auto-approved-csr-users', csr?.autoApprovedIdentities?.join(',')),
    ...flag('auto-approved-arn-patterns', aws?.autoApprovedIdentities?.join(',')),
    ...flag('aws-resource-tags', aws?.tags?.join(',')),
  ]
}

/** The role under which the registration controller makes identities in AWS; undefined where it makes none. */
export function identityCreatorRole(spec: ClusterManagerSpec): string | undefined {
  const drivers = spec.registrationConfiguration?.registrationDrivers ?? []
  const arn = drivers.find(({ authType }) => authType === 'awsirsa')?.awsirsa?.hubClusterArn
  const { account, cluster } = EKS_ARN.exec(arn ?? '')?.groups ?? {}
  if (account === undefined) return undefined
  return `arn:aws:iam::${account}:role/${cluster}_managed-cluster-identity-creator`
}

/** Ways to register that are asked for, and that nothing of this project serves. */
export function unsupportedDrivers(spec: ClusterManagerSpec): string[] {
  const drivers = spec.registrationConfiguration?.registrationDrivers ?? []
  return drivers.map(({ authType }) => authType as string).filter((authType) => authType === 'grpc')
}

function flag(name: string, value: string | undefined): string[] {
  return value ? [`--${name}=${value}`] : []
}
