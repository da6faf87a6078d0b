{{/* Names begin with the release's, cut so that the longest suffix still fits into 63 characters. */}}
{{- define "flowrun.release" -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- end -}}

{{- define "flowrun.operator" -}}{{ include "flowrun.release" . }}-operator{{- end -}}
{{- define "flowrun.daskOperator" -}}{{ include "flowrun.release" . }}-dask-operator{{- end -}}
{{- define "flowrun.installHook" -}}{{ include "flowrun.release" . }}-install{{- end -}}
{{- define "flowrun.uninstallHook" -}}{{ include "flowrun.release" . }}-uninstall{{- end -}}

{{/* What selects the pods of one component: (dict "root" $ "component" "operator"). */}}
{{- define "flowrun.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "flowrun.labels" -}}
{{ include "flowrun.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "flowrun.operatorImage" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "flowrun.runtimeImage" -}}
{{ .Values.runtimeImage.repository }}:{{ .Values.runtimeImage.tag | default .Chart.AppVersion }}
{{- end -}}
