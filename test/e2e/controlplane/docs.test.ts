import { mkdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ControlPlaneProcess } from '../../support/control-plane-process.ts'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { freePort } from '../../support/ports.ts'
import { CLUSTER_PROXY, endProcesses, ROOT } from '../../support/processes.ts'

const PAGE = 'docs/controlplane.md'

/** What stands in the page below a mark `<!-- run: NAME -->`. */
async function readSnippets(): Promise<Map<string, string>> {
  const page = await readFile(path.join(ROOT, PAGE), 'utf8')
  const marked = page.matchAll(/^<!-- run: (\S+) -->\n```sh\n([\s\S]*?)\n```$/gm)
  return new Map([...marked].map(([, name = '', text = '']) => [name, text]))
}

describe.runIf(hasKubeClients())(PAGE, () => {
  /** Only for its shell and its directory. */
  let reader: ControlPlaneProcess
  let snippets: Map<string, string>
  const done = new Set<string>()

  const snippet = (name: string): string => {
    const text = snippets.get(name)
    if (text === undefined) throw new Error(`${PAGE} has no snippet ${name}`)
    done.add(name)
    return text
  }

  /** Runs a snippet as somebody does who has run the one with the kubeconfig before. */
  const run = (name: string) => reader.ok(`set -e\n${snippet('kubeconfig')}\n${snippet(name)}`)

  beforeAll(async () => {
    snippets = await readSnippets()
    reader = await ControlPlaneProcess.start()
    await mkdir(path.join(reader.home, 'bin'))
    await symlink(CLUSTER_PROXY, path.join(reader.home, 'bin/cluster-proxy'))
    const started = reader.spawn(snippet('start').replace('6443', String(await freePort())))
    const [, kubeconfig] = await started.said(/^export KUBECONFIG=(.*)$/m)
    expect(kubeconfig).toBe(path.join(reader.home, 'data/admin.kubeconfig'))
  })

  afterAll(async () => {
    await endProcesses()
    await reader.dispose()
  })

  it('shows kubectl', async () => {
    expect(await run('kubectl')).toBe('configmap/greeting created\nhello')
  })

  it('shows tokens', async () => {
    expect(await run('token')).toContain('configmap/greeting\n')
  })

  it('shows helm', async () => {
    expect(await run('helm')).toMatch(/^first\s+default\s+1\s.*\sdeployed\s+empty-0\.1\.0/m)
  })

  it('has no other snippets that claim to be run', () => {
    expect([...snippets.keys()].filter((name) => !done.has(name))).toEqual([])
  })
})
