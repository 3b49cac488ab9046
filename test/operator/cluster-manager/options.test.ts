import { describe, expect, it } from 'vitest'
import { parseHubOperatorConfig } from '../../../src/operator/cluster-manager/options.ts'
import { configIo } from '../../support/config-io.ts'

const parse = (...argv: string[]) => parseHubOperatorConfig(argv, {}, configIo())

describe('the flags of the hub operator', () => {
  it('are those of the original', () => {
    expect(parse()).toMatchObject({
      skipRemoveCrds: false,
      controlPlaneNodeLabelSelector: 'node-role.kubernetes.io/master=',
      deploymentReplicas: 0,
      enableSyncLabels: false,
      imagePullSecretName: 'open-cluster-management-image-pull-credentials',
      listen: '0.0.0.0:8443',
    })
    expect(
      parse(
        '--skip-remove-crds',
        '--deployment-replicas=2',
        '--enable-sync-labels',
        '--image-pull-secret-name=own',
      ),
    ).toMatchObject({
      skipRemoveCrds: true,
      deploymentReplicas: 2,
      enableSyncLabels: true,
      imagePullSecretName: 'own',
    })
  })

  it('refuse a number of replicas below none', () => {
    expect(() => parse('--deployment-replicas=-1')).toThrow('--deployment-replicas must not be negative')
  })
})
