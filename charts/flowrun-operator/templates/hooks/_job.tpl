{{/*
A hook's annotations: (dict "on" "pre-install,pre-upgrade" "weight" 0).
Deleted when it succeeded; a failed Job stays, with its pods' log, until the hook runs again.
hook-output-log-policy (Helm 4; ignored by older ones) prints the Job's log.
*/}}
{{- define "flowrun.hook" -}}
helm.sh/hook: {{ .on }}
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* The pods of both hooks; exit code 3 is an answer, not a mishap: no second try. */}}
{{- define "flowrun.hookPod" -}}
restartPolicy: Never
{{ include "flowrun.podSpec" .root }}
serviceAccountName: {{ .serviceAccount }}
containers:
  - name: hook
    {{- include "flowrun.container" .root | nindent 4 }}
    command: [python, -m, {{ .module }}]
    terminationMessagePolicy: FallbackToLogsOnError
    env:
      {{- include "flowrun.environment" .root | nindent 6 }}
      - name: FLOWRUN_RELEASE_NAME
        value: {{ .root.Release.Name }}
      - name: FLOWRUN_OPERATOR_NAMESPACE
        value: {{ .root.Release.Namespace }}
      {{- with .env }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    resources:
      {{- toYaml .root.Values.hooks.resources | nindent 6 }}
{{- end -}}
