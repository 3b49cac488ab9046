import { describe, expect, it } from 'vitest'
import { parseKlusterletOperatorConfig } from '../../../src/operator/klusterlet/index.ts'
import { configIo } from '../../support/config-io.ts'

const parse = (...argv: string[]) => parseKlusterletOperatorConfig(argv, {}, configIo())

describe('the flags of the klusterlet operator', () => {
  it('leave replicas to the nodes of the control plane by default', () => {
    expect(parse()).toMatchObject({
      controlPlaneNodeLabelSelector: 'node-role.kubernetes.io/master=',
      deploymentReplicas: 0,
      disableDefaultAddonNamespace: false,
      enableSyncLabels: false,
      listen: '0.0.0.0:8443',
    })
  })

  it("are those of the original's manifests, also where they have no effect", () => {
    const flags = [
      '--enable-sync-labels',
      '--disable-default-addon-namespace',
      '--skip-placeholder-hub-secret',
    ]
    expect(parse(...flags, '--deployment-replicas=2')).toMatchObject({
      deploymentReplicas: 2,
      disableDefaultAddonNamespace: true,
      enableSyncLabels: true,
    })
  })

  it('refuse a number of replicas that makes no sense', () => {
    expect(() => parse('--deployment-replicas=-1')).toThrow('--deployment-replicas must not be negative')
  })
})
