"""A thin client of the service: every route as a typed method, answers as the schemas that the service documents.

from serving.client import CityClient

with CityClient("http://127.0.0.1:3000") as city:  # the key from CITY_KEY
    for detector in city.forecasts.congestion().detectors:
        print(detector.detector_id, detector.values[0].flow_p50_veh_h)
"""

from serving.client.answers import File, NoAnswerError, ServiceError
from serving.client.city import CityClient

__all__ = ["CityClient", "File", "NoAnswerError", "ServiceError"]
