// SPDX-License-Identifier: GPL-2.0-or-later
//! The contents of a campaign's page, and that its links are valid.

mod fleet;

use std::path::Path;

use campaign_report::write_campaign_report;
use fleet::campaign;

fn made(folder: &Path, out: &Path) -> String {
    write_campaign_report(folder, out).expect("a campaign makes a page");
    std::fs::read_to_string(out).expect("the page was written")
}

#[test]
fn figures_failures_and_outliers_are_counted_and_named() {
    let top = tempfile::tempdir().unwrap();
    let folder = campaign(top.path(), 300);
    let page = made(&folder, &folder.join("report.html"));
    // 13 of 300 numbers are multiples of 23.
    for text in [
        "300 cells ended, 13 of them without a run. 3 cells of the plan have not ended.",
        "in 287 cells.",
        "13 of 300 cells (4.33 %) have no assessed min-entropy.",
        "QEMU &lt;ended&gt; with status 1 &amp; printed nothing",
        "1 outlier",
        "By processor",
        "CPU B 3000",
        "Some cells ran under TCG",
    ] {
        assert!(page.contains(text), "{text}");
    }
    for absent in ["http:", "https:", "<script", "src="] {
        assert!(!page.contains(absent), "{absent}");
    }
}

#[test]
fn every_link_leads_to_a_report_wherever_the_page_is() {
    let top = tempfile::tempdir().unwrap();
    let folder = campaign(top.path(), 60);
    std::fs::create_dir(top.path().join("pages")).unwrap();
    for out in [folder.join("report.html"), top.path().join("pages/fleet.html")] {
        let page = made(&folder, &out);
        let links: Vec<&str> = page
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|link| link.ends_with("report.html"))
            .collect();
        // 58 cells have a run; one of them is an outlier, and is linked twice.
        assert!(links.len() >= 58, "{}", links.len());
        for link in links {
            assert!(out.parent().unwrap().join(link).is_file(), "{link}");
        }
    }
}

#[test]
fn a_torn_cell_is_named_and_the_others_are_shown() {
    let top = tempfile::tempdir().unwrap();
    let folder = campaign(top.path(), 20);
    std::fs::write(folder.join("cells/00007/cell.json"), "{\"schema\": 1, \"ce").unwrap();
    let page = made(&folder, &folder.join("report.html"));
    assert!(page.contains("19 cells ended"), "{page}");
    assert!(page.contains("Left out: parsing") && page.contains("00007/cell.json"));
}

#[test]
fn a_folder_that_is_not_a_campaign_is_one_clear_error_and_no_page() {
    let top = tempfile::tempdir().unwrap();
    let out = top.path().join("report.html");
    let error = write_campaign_report(top.path(), &out).unwrap_err().to_string();
    assert!(error.contains("has no cell that ended"), "{error}");
    assert!(!out.exists());
}
