import { createHash } from 'node:crypto'
import type { Container, Volume, VolumeMount } from '../../apis/core/v1.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'

/** `arn:aws:eks:<region>:<account>:cluster/<name>`, as the schema has made sure. */
const EKS_CLUSTER = /^arn:aws:eks:[^:]+:(?<account>\d{12}):cluster\/(?<name>.+)$/

/** How agents of an EKS cluster show a hub in EKS who they are: by a role of AWS, which is named after both clusters. */
export interface AwsIdentity {
  readonly hubClusterArn: string
  readonly managedClusterArn: string
  /** The end of the role's name, as the hub makes it up, too. */
  readonly roleSuffix: string
  readonly roleArn: string
}

/** Undefined where agents are known to the hub by something else. */
export function awsIdentityOf({ spec }: Klusterlet): AwsIdentity | undefined {
  const driver = spec?.registrationConfiguration?.registrationDriver
  if (driver?.authType !== 'awsirsa' || !driver.awsIrsa) return undefined
  const { hubClusterArn, managedClusterArn } = driver.awsIrsa
  const hub = EKS_CLUSTER.exec(hubClusterArn)?.groups
  const managed = EKS_CLUSTER.exec(managedClusterArn)?.groups
  if (!hub || !managed) return undefined
  const parts = [hub.account, hub.name, managed.account, managed.name]
  const roleSuffix = createHash('md5').update(parts.join('#')).digest('hex')
  const roleArn = `arn:aws:iam::${managed.account}:role/ocm-managed-cluster-${roleSuffix}`
  return { hubClusterArn, managedClusterArn, roleSuffix, roleArn }
}

export function awsArguments({ hubClusterArn, managedClusterArn, roleSuffix }: AwsIdentity): string[] {
  return [
    '--registration-auth=awsirsa',
    `--hub-cluster-arn=${hubClusterArn}`,
    `--managed-cluster-arn=${managedClusterArn}`,
    `--managed-cluster-role-suffix=${roleSuffix}`,
  ]
}

export const AWS_VOLUMES: readonly Volume[] = [
  { name: 'dot-aws', emptyDir: {} },
  { name: 'awscli', emptyDir: {} },
]

export const AWS_MOUNTS: readonly VolumeMount[] = [
  { name: 'dot-aws', mountPath: '/.aws' },
  { name: 'awscli', mountPath: '/awscli' },
]

/** Brings along the tool that makes tokens of the role. */
export const AWS_INIT_CONTAINER: Container = {
  name: 'load-awscli',
  image: 'amazon/aws-cli:latest',
  command: ['cp', '-vr', '/usr/local/aws-cli/v2/current/dist', '/awscli'],
  volumeMounts: [{ name: 'awscli', mountPath: '/awscli' }],
}
