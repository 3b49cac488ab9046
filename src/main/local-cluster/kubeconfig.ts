import { KLOG_FLAGS, KLOG_GROUP } from '../../common/klog-flags.ts'
import { ClusterStore, contextName } from '../../local-cluster/clusters/index.ts'
import type { ProcessDefinition } from '../run-process.ts'
import { type CommandConfig, KUBECONFIG_FLAGS, kubeconfigFile, parseCommand, STORE_FLAGS } from './flags.ts'
import { mergeCluster, readAdminKubeconfig } from './merge.ts'

const FLAGS = { ...STORE_FLAGS, ...KUBECONFIG_FLAGS, ...KLOG_FLAGS }

type KubeconfigConfig = CommandConfig<typeof FLAGS> & { readonly kubeconfigFile: string }

export const printKubeconfig: ProcessDefinition<KubeconfigConfig> = {
  spec: {
    name: 'local-cluster kubeconfig',
    description:
      "Prints a cluster's kubeconfig, which allows everything in that cluster, or merges it into another.",
    arguments: { placeholder: 'NAME', least: 1, most: 1 },
    groups: [
      { title: 'Clusters', flags: STORE_FLAGS },
      { title: 'Kubeconfig', flags: KUBECONFIG_FLAGS },
      KLOG_GROUP,
    ],
  },
  interactive: true,
  parse(argv, env, io) {
    const config = parseCommand<typeof FLAGS>(printKubeconfig.spec, argv, env, io)
    return { ...config, kubeconfigFile: kubeconfigFile(config.kubeconfig, env) }
  },
  async run({ dataDir, words: [name = ''], merge, kubeconfigFile: file }) {
    const store = new ClusterStore(dataDir)
    const cluster = await store.get(name)
    if (!merge) {
      process.stdout.write(await readAdminKubeconfig(cluster))
      return
    }
    await mergeCluster(store, cluster, file)
    process.stdout.write(`${contextName(name)} is the current context of ${file}\n`)
  },
}
