export { ControlPlaneCredentials, type CredentialsOptions } from './control-plane-credentials.ts'
export { type KubeconfigContents, kubeconfig } from './kubeconfig.ts'
