"""What `city watch models` finds stands at /metrics too."""

import time

import httpx

PATIENCE_S = 60


def test_ages_drift_and_findings_are_metrics(service: httpx.Client) -> None:
    until = time.monotonic() + PATIENCE_S
    while "city_model_findings" not in (text := service.get("/metrics").text) and time.monotonic() < until:
        time.sleep(0.5)

    assert 'city_forecast_age_seconds{forecast="congestion"' in text
    assert 'city_forecast_age_seconds{forecast="waste"' in text
    assert 'city_input_drift_psi{forecast="congestion",input="flow_veh_h, detector"' in text
    assert 'trouble="champion-refused"' in text
