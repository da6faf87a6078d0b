{{/*
Lends rules to a ServiceAccount of this release: cluster-wide, or in each of the watched namespaces
and nowhere else. (dict "root" . "name" name "labels" labels "rules" rules), and for a hook its "on".
*/}}
{{- define "flowrun.lend" -}}
{{- $where := .root.Values.watchNamespaces | default (list "") -}}
{{- range $namespace := $where }}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ ternary "Role" "ClusterRole" (ne $namespace "") }}
metadata:
  name: {{ $.name }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "flowrun.labels" $.labels | nindent 4 }}
  {{- with $.on }}
  annotations:
    {{- include "flowrun.hook" (dict "on" . "weight" -10) | nindent 4 }}
  {{- end }}
rules:
  {{- $.rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ ternary "RoleBinding" "ClusterRoleBinding" (ne $namespace "") }}
metadata:
  name: {{ $.name }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "flowrun.labels" $.labels | nindent 4 }}
  {{- with $.on }}
  annotations:
    {{- include "flowrun.hook" (dict "on" . "weight" -5) | nindent 4 }}
  {{- end }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ ternary "Role" "ClusterRole" (ne $namespace "") }}
  name: {{ $.name }}
subjects:
  - kind: ServiceAccount
    name: {{ $.name }}
    namespace: {{ $.root.Release.Namespace }}
---
{{- end }}
{{- end -}}
