import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { agentIdentity } from '../../../src/main/work/agent-identity.ts'

let hubKubeconfigDir: string

beforeEach(async () => {
  hubKubeconfigDir = await mkdtemp(path.join(tmpdir(), 'agent-identity-'))
})

afterEach(() => rm(hubKubeconfigDir, { recursive: true }))

const identity = (flags: { spokeClusterName?: string; agentId?: string } = {}) =>
  agentIdentity({ spokeClusterName: '', agentId: '', ...flags, hubKubeconfigDir })

describe('the identity of a work agent', () => {
  it('is what flags say', async () => {
    await writeFile(path.join(hubKubeconfigDir, 'cluster-name'), 'registered')
    expect(await identity({ spokeClusterName: 'given', agentId: 'id' })).toEqual({
      clusterName: 'given',
      agentId: 'id',
    })
  })

  // The original's agent would not take over what was applied under another id, nor we what it applied.
  it("is of the registered cluster, but not of the registration agent's name", async () => {
    await writeFile(path.join(hubKubeconfigDir, 'cluster-name'), 'registered\n')
    await writeFile(path.join(hubKubeconfigDir, 'agent-name'), 'x7k2p')
    expect(await identity()).toEqual({ clusterName: 'registered' })
  })

  it('has to be known', async () => {
    await expect(identity()).rejects.toThrow('give --spoke-cluster-name')
  })
})
