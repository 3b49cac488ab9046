import { isIP } from 'node:net'
import path from 'node:path'
import { aborted } from '../common/aborted.ts'
import { joinHostPort } from '../common/listen.ts'
import {
  CONTROL_PLANE_COMMAND,
  ControlPlane,
  type ControlPlaneConfig,
  ControlPlaneCredentials,
  DataDirectory,
  type Journal,
  MemoryJournal,
  parseControlPlaneConfig,
  SqliteJournal,
} from '../controlplane/index.ts'
// Only what is said before anything starts: the controllers themselves are loaded when the server is ready.
import { CONTROLLER_NAMES } from '../kube-controllers/controller-names.ts'
import { selectControllers } from '../kube-controllers/controller-selection.ts'
import type { ProcessDefinition } from './run-process.ts'
import { settleHeapSoon } from './settle-heap.ts'
import { RELEASE } from './version.ts'

const CLOCK = { now: Date.now }

/** Addresses that stand for all; nobody can dial them. */
const WILDCARDS: readonly string[] = ['', '0.0.0.0', '::']

/** What every certificate of a control plane is good for, as those of a kube-apiserver. */
const SERVICE_NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
]
const LOOPBACK = ['127.0.0.1', '::1']

export const controlPlaneProcess: ProcessDefinition<ControlPlaneConfig> = {
  spec: CONTROL_PLANE_COMMAND,
  parse: parseControlPlaneConfig,
  async run(config, { log, signal }) {
    const { dataDir, bindAddress, securePort, controllers: selection } = config
    selectControllers(CONTROLLER_NAMES, selection) // says what is wrong with it before anything is opened
    const host = config.externalHostname || (WILDCARDS.includes(bindAddress) ? '127.0.0.1' : bindAddress)
    const address = joinHostPort(host, securePort)
    const named = [host, bindAddress].filter((each) => !WILDCARDS.includes(each))
    const directory = await DataDirectory.take(dataDir)
    const credentials = ControlPlaneCredentials.open(dataDir, {
      server: `https://${address}`,
      names: {
        dnsNames: [...new Set([...SERVICE_NAMES, ...named.filter((each) => isIP(each) === 0)])],
        ipAddresses: [...new Set([...LOOPBACK, ...named.filter((each) => isIP(each) !== 0)])],
      },
      clock: CLOCK,
    })
    const journal: Journal =
      config.storage === 'sqlite'
        ? new SqliteJournal({ file: path.join(dataDir, 'controlplane.db') })
        : new MemoryJournal()
    const controlPlane = await ControlPlane.open(
      { log, journal, credentials, clock: CLOCK },
      {
        host: bindAddress,
        port: securePort,
        flag: '--secure-port',
        hostFlag: '--bind-address',
        address,
        serviceCidrs: config.serviceClusterIpRange,
        release: RELEASE,
      },
    )
    await controlPlane.start()
    log.info({ address }, 'ready')
    const { kubeconfigFile, authority } = await credentials
    process.stdout.write(`export KUBECONFIG=${kubeconfigFile}\n`)
    const { ControlPlaneControllers } = await import('./controlplane-controllers.ts')
    const controllers = new ControlPlaneControllers(
      { log, controlPlane, authority },
      { controllers: selection },
    )
    await controllers.start()
    settleHeapSoon()
    const failure = await Promise.race([aborted(signal), ...(journal.broken ? [journal.broken] : [])])
    await controllers.stop()
    await controlPlane.stop()
    directory.release()
    if (failure) throw failure
  },
}
