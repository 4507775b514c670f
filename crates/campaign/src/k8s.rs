// SPDX-License-Identifier: GPL-2.0-or-later
//! A campaign on Kubernetes: an Indexed Job whose pods finish cells on a shared volume, the plan as a config map, and the
//! Containerfile for the bundle. Kubernetes starts and repeats pods; this module does no scheduling.

use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;
use serde_json::{Value, json};

use crate::plan::Plan;

/// Maximum number of pods of one Job.
const MOST_TASKS: usize = 1_000;
/// Mount points of the volume and the plan in pods.
const CAMPAIGNS: &str = "/campaigns";
const PLAN: &str = "/plan";
/// The annotation in which a pod of an Indexed Job finds its index.
const INDEX: &str = "metadata.annotations['batch.kubernetes.io/job-completion-index']";

/// The options for a cluster.
#[derive(Debug, Clone, Copy)]
pub struct Cluster<'a> {
    /// The container image, as the cluster pulls it.
    pub image: &'a str,
    /// A `PersistentVolumeClaim` that all pods can mount at once, with POSIX locks.
    pub volume: &'a str,
    /// Pods that run at the same time.
    pub parallelism: u16,
}

/// Writes `job.json`, `plan.json` and `Containerfile` to `folder`.
pub fn write(
    folder: &Path,
    campaign: &str,
    plan: &Plan,
    text: &str,
    cluster: Cluster<'_>,
) -> Result<()> {
    fs::create_dir_all(folder)?;
    let files = [
        ("job.json", pretty(&job(campaign, plan, cluster))?),
        ("plan.json", pretty(&config_map(campaign, text))?),
        ("Containerfile", CONTAINERFILE.to_owned()),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// The Job (batch/v1).
#[must_use]
pub fn job(campaign: &str, plan: &Plan, cluster: Cluster<'_>) -> Value {
    let name = object_name(campaign);
    let tasks = plan.cells().len().min(MOST_TASKS);
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": { "name": name, "labels": { "app.kubernetes.io/name": "uchaos" } },
        "spec": {
            "completionMode": "Indexed",
            "completions": tasks,
            "parallelism": cluster.parallelism,
            // A task whose pod dies is retried; its finished cells are not repeated.
            "backoffLimitPerIndex": 3,
            "maxFailedIndexes": tasks,
            "template": {
                "metadata": { "labels": { "app.kubernetes.io/name": "uchaos" } },
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{
                        "name": "cells",
                        "image": cluster.image,
                        "args": [
                            "campaign", "work", format!("{CAMPAIGNS}/{campaign}"),
                            "--plan", format!("{PLAN}/plan.toml"),
                            "--tasks", tasks.to_string(),
                        ],
                        "env": [{ "name": "UCHAOS_TASK", "valueFrom": { "fieldRef": { "fieldPath": INDEX } } }],
                        // One processor for the guest and its timing; the limit reserves it.
                        "resources": {
                            "requests": { "cpu": "1", "memory": "1Gi" },
                            "limits": { "cpu": "1", "memory": "1Gi" },
                        },
                        "volumeMounts": [
                            { "name": "campaigns", "mountPath": CAMPAIGNS },
                            { "name": "plan", "mountPath": PLAN, "readOnly": true },
                        ],
                    }],
                    "volumes": [
                        { "name": "campaigns", "persistentVolumeClaim": { "claimName": cluster.volume } },
                        { "name": "plan", "configMap": { "name": name } },
                    ],
                },
            },
        },
    })
}

/// The plan for the pods (`ConfigMap`, v1).
#[must_use]
pub fn config_map(campaign: &str, text: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": object_name(campaign) },
        "data": { "plan.toml": text },
    })
}

/// A name that Kubernetes allows for objects: lower-case letters, digits and `-`, at most 63 (RFC 1123).
fn object_name(campaign: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = format!("uchaos-{campaign}").chars().map(plain).take(63).collect();
    name.trim_end_matches('-').to_owned()
}

fn pretty(value: &Value) -> Result<String> {
    serde_json::to_string_pretty(value).context("writing a manifest")
}

const CONTAINERFILE: &str = "\
# The bundle of µChaos with QEMU. Build it where the archive of `cargo xtask dist` was unpacked:
#   podman build -f Containerfile -t REGISTRY/uchaos:TAG FOLDER_OF_THE_BUNDLE
FROM docker.io/library/debian:12-slim
RUN apt-get update \\
    && apt-get install -y --no-install-recommends qemu-system-x86 \\
    && rm -rf /var/lib/apt/lists/*
COPY . /opt/uchaos
WORKDIR /tmp
ENV HOME=/tmp
ENTRYPOINT [\"/opt/uchaos/uchaos\"]
";

#[cfg(test)]
mod tests {
    use k8s_openapi::api::batch::v1::Job;
    use k8s_openapi::api::core::v1::ConfigMap;
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::*;

    const CLUSTER: Cluster<'_> =
        Cluster { image: "registry/uchaos:1", volume: "campaigns", parallelism: 4 };

    /// Whether Kubernetes' own types accept the whole manifest: an unknown field, or one of another type, is
    /// refused or lost.
    fn is_whole<T: Serialize + DeserializeOwned>(manifest: &Value) -> bool {
        serde_json::from_value::<T>(manifest.clone())
            .is_ok_and(|typed| serde_json::to_value(typed).unwrap() == *manifest)
    }

    fn plan() -> Plan {
        Plan::parse("boots = 2\n[grid]\nworkload = [\"pause\", \"dram\"]\n", "plan").unwrap()
    }

    #[test]
    fn the_manifests_are_of_the_published_types() {
        let manifest = job("Quick_1", &plan(), CLUSTER);
        assert!(is_whole::<Job>(&manifest), "{manifest}");
        assert!(is_whole::<ConfigMap>(&config_map("Quick_1", "boots = 2\n")));
        assert_eq!(manifest["metadata"]["name"], "uchaos-quick-1");
        assert_eq!(manifest["spec"]["completions"], 8);
    }

    #[test]
    fn a_field_that_kubernetes_does_not_have_is_found() {
        let with = |change: fn(&mut Value)| {
            let mut manifest = job("quick", &plan(), CLUSTER);
            change(&mut manifest);
            is_whole::<Job>(&manifest)
        };
        assert!(with(|_| ()));
        assert!(!with(|job| job["spec"]["completion"] = 8.into()));
        assert!(!with(|job| job["spec"]["completions"] = "eight".into()));
        assert!(!with(
            |job| job["spec"]["template"]["spec"]["containers"][0]["arguments"] = json!([])
        ));
    }
}
